//! Which functions of a chart's templates give something else each time: random ones, the clock, the order of a
//! map's keys. Charts that call none of them are rendered once.

use helm::Chart;

use crate::Layer;

/// Functions of Sprig 3.3 and Helm 3.22 that draw random numbers, or walk a map in no order. `lookup` is named
/// because charts keep generated values by it, and it finds nothing here.
const RANDOM: [&str; 22] = [
    "randAlphaNum",
    "randAlpha",
    "randNumeric",
    "randAscii",
    "randBytes",
    "randInt",
    "shuffle",
    "uuidv4",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "htpasswd",
    "bcrypt",
    "encryptAES",
    "lookup",
    "keys",
    "values",
    "randUUID",
];

/// Functions that read the clock, some only when they are given no time.
const CLOCK: [&str; 10] = [
    "now",
    "ago",
    "date",
    "dateInZone",
    "date_in_zone",
    "htmlDate",
    "htmlDateInZone",
    "date_modify",
    "dateModify",
    "durationRound",
];

/// Words that show the clock otherwise than in the local time zone, to the second.
const SECONDS: [&str; 9] = [
    "ago",
    "dateInZone",
    "date_in_zone",
    "htmlDateInZone",
    "unixEpoch",
    "UTC",
    "Unix",
    "UnixMilli",
    "durationRound",
];

/// What a chart's templates and values call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Generators {
    /// Something that gives another text each time.
    pub(crate) any: bool,
    /// The clock in a way that only the next second shows.
    pub(crate) seconds: bool,
    /// Whether the release is installed or upgraded makes a difference.
    pub(crate) release: bool,
}

impl Generators {
    /// Looks through all files of a chart, unpacked, that can hold templates, and through values, which `tpl` may
    /// render.
    pub(crate) fn of(chart: &Chart, layers: &[Layer]) -> Self {
        let readme = |path: &str| path.to_ascii_lowercase().ends_with(".md");
        let files = chart.files().iter().filter(|(path, _)| !readme(path));
        let texts = files.filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
        let mut found = Self::default();
        let mut clock = false;
        for word in texts.chain(layers.iter().map(Layer::yaml)).flat_map(actions).flat_map(words) {
            let reads_clock = CLOCK.contains(&word);
            clock |= reads_clock;
            found.any |= reads_clock || RANDOM.contains(&word);
            found.seconds |= SECONDS.contains(&word);
            found.release |= matches!(word, "IsInstall" | "IsUpgrade" | "Release_");
        }
        found.seconds &= clock;
        found
    }
}

/// The texts between `{{` and `}}`.
fn actions(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or(rest))
}

/// The words of an action; `Release` without a field after it, as in `toYaml .Release`, as `Release_`.
fn words(action: &str) -> impl Iterator<Item = &str> {
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bare =
        action.match_indices("Release").any(|(at, word)| !action[at + word.len()..].starts_with(['.', '_']));
    action.split(move |c| !part_of_word(c)).filter(|w| !w.is_empty()).chain(bare.then_some("Release_"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(template: &str, values: &str) -> (bool, bool, bool) {
        let files = [
            ("Chart.yaml", "name: c\nversion: 1.0.0\n"),
            ("templates/a.yaml", template),
            ("README.md", "{{ now }}"),
        ];
        let files: BTreeMap<_, _> =
            files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect();
        let found = Generators::of(&Chart::new(files).unwrap(), &[Layer::new("base values", values)]);
        (found.any, found.seconds, found.release)
    }

    #[test]
    fn calls_are_found_within_actions_only() {
        for (template, values, want) in [
            ("now: {{ .Values.now_ }}", "", (false, false, false)),
            ("a: {{ randAlphaNum 5 }}", "", (true, false, false)),
            ("a: {{ .Values.a | default (genCA \"x\" 1).Cert }}", "", (true, false, false)),
            ("a: {{ now | date \"2006\" }}", "", (true, false, false)),
            ("a: {{ now | unixEpoch }}", "", (true, true, false)),
            ("a: {{ durationRound (toDate \"2006\" \"2020\") }}", "", (true, true, false)),
            ("a: {{ tpl .Values.t . }}", "t: '{{ uuidv4 }}'", (true, false, false)),
            ("a: {{ if .Release.IsInstall }}1{{ end }}", "", (false, false, true)),
            ("a: {{ .Release.Name }}", "", (false, false, false)),
            ("a: {{ toYaml .Release }}", "", (false, false, true)),
        ] {
            assert_eq!(of(template, values), want, "{template}");
        }
    }
}
