//! Patterns of names of branches and files, as the rules of Gitea and Forgejo have them (gobwas/glob): `*` and
//! `?` stop at separators, `**` does not; `[a-z]`, `[!a]`, `{a,b}`, `\` before a plain character.

/// The most alternatives that the braces of one pattern may come to.
const ALTERNATIVES: usize = 64;

/// Whether a text matches a pattern.
pub(super) fn matches(pattern: &str, text: &str, separators: &[char]) -> bool {
    let text: Vec<char> = text.chars().collect();
    alternatives(pattern).iter().any(|p| one(&p.chars().collect::<Vec<_>>(), &text, separators))
}

/// Whether a pattern is more than a plain name.
pub(super) fn is_special(pattern: &str) -> bool {
    pattern.contains(['*', '?', '\\', '[', ']', '{', '}'])
}

/// The pattern without braces: once for each alternative.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(next) = open.pop() {
        if done.len() + open.len() >= ALTERNATIVES {
            break;
        }
        let braces = next.find('}').and_then(|end| next[..end].rfind('{').map(|start| (start, end)));
        match braces {
            Some((start, end)) => {
                let (before, within, after) = (&next[..start], &next[start + 1..end], &next[end + 1..]);
                open.extend(within.split(',').map(|part| format!("{before}{part}{after}")));
            }
            None => done.push(next),
        }
    }
    done
}

/// Goes through pattern and text side by side; at a mismatch the last star takes one character more.
fn one(pattern: &[char], text: &[char], separators: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*` and the last `**`, and how much of the text they have taken.
    let mut star: Option<(usize, usize)> = None;
    let mut stars: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            let run = pattern[p..].iter().take_while(|c| **c == '*').count();
            p += run;
            if run > 1 {
                (stars, star) = (Some((p, t)), None);
            } else {
                star = Some((p, t));
            }
            continue;
        }
        if p == pattern.len() && t == text.len() {
            return true;
        }
        let step = (t < text.len()).then(|| single(&pattern[p..], text[t], separators)).flatten();
        if let Some(step) = step {
            (p, t) = (p + step, t + 1);
            continue;
        }
        if let Some((after, taken)) =
            star.filter(|(_, taken)| *taken < text.len() && !separators.contains(&text[*taken]))
        {
            star = Some((after, taken + 1));
            (p, t) = (after, taken + 1);
        } else if let Some((after, taken)) = stars.filter(|(_, taken)| *taken < text.len()) {
            (stars, star) = (Some((after, taken + 1)), None);
            (p, t) = (after, taken + 1);
        } else {
            return false;
        }
    }
}

/// How much of the pattern takes this one character.
fn single(pattern: &[char], character: char, separators: &[char]) -> Option<usize> {
    match *pattern.first()? {
        '?' => (!separators.contains(&character)).then_some(1),
        '\\' => (pattern.get(1) == Some(&character)).then_some(2),
        '[' => {
            let end = pattern.iter().position(|c| *c == ']')?;
            let (not, set) = match pattern.get(1) {
                Some('!') => (true, &pattern[2..end]),
                _ => (false, &pattern[1..end]),
            };
            let within = match set {
                [from, '-', to] => (*from..=*to).contains(&character),
                set => set.contains(&character),
            };
            (within != not).then_some(end + 1)
        }
        plain => (plain == character).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_the_hosts_do() {
        for (pattern, text, want) in [
            ("main", "main", true),
            ("main", "mains", false),
            ("*", "main", true),
            ("*", "feature/x", false),
            ("**", "feature/x", true),
            ("release/*", "release/1", true),
            ("release/*", "release/1/2", false),
            ("release/**", "release/1/2", true),
            ("**/x", "a/b/x", true),
            ("*/x", "a/b/x", false),
            ("ma?n", "main", true),
            ("ma?n", "ma/n", false),
            ("m[a-c]in", "main", true),
            ("m[!a]in", "main", false),
            ("{main,master}", "master", true),
            ("{main,master}", "mein", false),
            ("v{1,2}.*", "v2.9", true),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern, text, &['/']), want, "{pattern} {text}");
        }
        assert!(!matches("*.yaml", "a.b.yaml", &['.', '/']), "a dot parts names of files");
        assert!(matches("**.yaml", "environments/prod/a.b.yaml", &['.', '/']));
    }

    proptest! {
        #[test]
        fn no_pattern_breaks_it(pattern in "[a-c*?{},\\[\\]!\\\\/-]{0,24}", text in "[a-c/]{0,24}") {
            let _ = matches(&pattern, &text, &['/']);
            prop_assert!(matches("**", &text, &['/']));
        }
    }
}
