//! What a plain scalar means: as SOPS reads it (goyaml version 3), and as Kubernetes does (version 2).

use zeroize::Zeroizing;

use crate::tree::Value;

/// Whose reading of YAML counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    /// SOPS: words such as `yes` are text, points in time are recognised.
    Sops,
    /// Kubernetes and Helm: `yes` is true, points in time are text.
    Kubernetes,
}

/// The meaning of a plain word.
pub(crate) fn resolve(text: &str, reading: Reading) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Boolean(true),
        "false" | "False" | "FALSE" => return Value::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match reading {
        Reading::Kubernetes => match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Value::Boolean(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Value::Boolean(false),
            _ => {}
        },
        Reading::Sops => {
            if let Some(time) = timestamp(text) {
                return Value::Time(time);
            }
        }
    }
    let written = || Value::Text(Zeroizing::new(text.to_owned()));
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return written();
    }
    let plain = if text.starts_with('.') { text.to_owned() } else { text.replace('_', "") };
    number(&plain).unwrap_or_else(written)
}

/// Whether a plain word is text in both readings.
pub(crate) fn is_text(word: &str) -> bool {
    let text = |reading| matches!(resolve(word, reading), Value::Text(_));
    word != "<<" && text(Reading::Sops) && text(Reading::Kubernetes)
}

fn number(plain: &str) -> Option<Value> {
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain.strip_prefix('+').unwrap_or(plain)),
    };
    let lower = digits.to_ascii_lowercase();
    for (mark, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(rest) = lower.strip_prefix(mark) {
            return whole(sign, rest, radix);
        }
    }
    if digits.len() > 1 && digits.starts_with('0') && all_digits(digits) {
        // Octal; what is none, such as 08, is still a decimal fraction in goyaml.
        return whole(sign, &digits[1..], 8).or_else(|| float(sign, digits));
    }
    if !digits.is_empty() && all_digits(digits) {
        return whole(sign, digits, 10).or_else(|| float(sign, digits));
    }
    float(sign, digits)
}

fn all_digits(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

fn whole(sign: &str, digits: &str, radix: u32) -> Option<Value> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        Ok(number) => Some(Value::Integer(number)),
        Err(_) if sign.is_empty() => u64::from_str_radix(digits, radix).ok().map(|_| Value::Large),
        Err(_) => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(sign: &str, digits: &str) -> Option<Value> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(i) => (&digits[..i], Some(&digits[i + 1..])),
        None => (digits, None),
    };
    let mantissa_valid = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_valid = exponent.is_none_or(|e| {
        let digits = e.strip_prefix(['-', '+']).unwrap_or(e);
        !digits.is_empty() && all_digits(digits)
    });
    if !(mantissa_valid && exponent_valid) {
        return None;
    }
    let number = format!("{sign}{digits}").parse::<f64>().ok()?;
    number.is_finite().then_some(Value::Float(number))
}

/// A point in time in one of the four forms that goyaml takes, as Go writes it in RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let mut rest = Scan(&text[5..]);
    let (year, month) = (&text[..4], rest.number()?);
    rest.mark(&['-'])?;
    let day = rest.number()?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year.parse().ok()?, month) {
        return None;
    }
    let date = format!("{year}-{month:02}-{day:02}");
    if rest.0.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let mark = rest.mark(&['T', 't', ' '])?;
    let hour = rest.number()?;
    rest.mark(&[':'])?;
    let minute = rest.number()?;
    rest.mark(&[':'])?;
    let second = rest.number()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = rest.fraction()?;
    let zone = match (mark, rest.0) {
        (' ', "") => "Z",
        (' ', _) => return None,
        (_, "Z" | "+00:00") => "Z",
        (_, zone) if is_zone(zone) => zone,
        _ => return None,
    };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn is_zone(zone: &str) -> bool {
    let Some(rest) = zone.strip_prefix(['+', '-']) else { return false };
    let Some((hours, minutes)) = rest.split_once(':') else { return false };
    let below = |part: &str, limit| {
        part.len() == 2 && all_digits(part) && part.parse::<u32>().is_ok_and(|number| number < limit)
    };
    below(hours, 24) && below(minutes, 60)
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Scan<'a>(&'a str);

impl Scan<'_> {
    /// A number of one or two digits.
    fn number(&mut self) -> Option<u32> {
        let length = self.0.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        digits.parse().ok()
    }

    fn mark(&mut self, marks: &[char]) -> Option<char> {
        let mark = self.0.chars().next().filter(|c| marks.contains(c))?;
        self.0 = &self.0[1..];
        Some(mark)
    }

    /// A fraction of a second with its point and without zeros at its end; empty when there is none.
    fn fraction(&mut self) -> Option<String> {
        if !self.0.starts_with(['.', ',']) {
            return Some(String::new());
        }
        let length = self.0[1..].bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return None;
        }
        let digits = self.0[1..=length].get(..length.min(9))?.trim_end_matches('0').to_owned();
        self.0 = &self.0[1 + length..];
        Some(if digits.is_empty() { digits } else { format!(".{digits}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, reading: Reading) -> String {
        let value = resolve(text, reading);
        let bytes = value.bytes().map_or_else(|| "-".to_owned(), |b| b.to_string());
        match value {
            Value::Time(_) => format!("time {bytes}"),
            Value::Large => "large".to_owned(),
            other => format!("{} {bytes}", other.kind()),
        }
    }

    #[test]
    fn plain_words_mean_what_sops_reads() {
        for (text, want) in [
            ("abc", "str abc"),
            ("yes", "str yes"),
            ("TRUE", "bool True"),
            ("~", "null -"),
            ("0x1F", "int 31"),
            ("0o17", "int 15"),
            ("0755", "int 493"),
            ("08", "float 8"),
            ("-0b11", "int -3"),
            ("1_000", "int 1000"),
            ("+7", "int 7"),
            ("9223372036854775808", "large"),
            ("-9223372036854775809", "float -9223372036854776000"),
            ("1e3", "float 1000"),
            ("1e21", "float 1000000000000000000000"),
            ("1.10", "float 1.1"),
            ("1.", "float 1"),
            (".5", "float 0.5"),
            ("1e999", "str 1e999"),
            ("-.inf", "float -Inf"),
            (".NaN", "float NaN"),
            ("1.2.3", "str 1.2.3"),
            ("2001-12-14", "time 2001-12-14T00:00:00Z"),
            ("2001-2-3 4:5:6.70", "time 2001-02-03T04:05:06.7Z"),
            ("2001-12-14t21:59:43.10-05:00", "time 2001-12-14T21:59:43.1-05:00"),
            ("2001-02-29", "str 2001-02-29"),
            ("2001-12-14 21:59:43 -5", "str 2001-12-14 21:59:43 -5"),
        ] {
            assert_eq!(shown(text, Reading::Sops), want, "{text}");
        }
    }

    #[test]
    fn plain_words_mean_what_kubernetes_reads() {
        for (text, want) in [
            ("yes", "bool True"),
            ("Off", "bool False"),
            ("n", "bool False"),
            ("2001-12-14", "str 2001-12-14"),
        ] {
            assert_eq!(shown(text, Reading::Kubernetes), want, "{text}");
        }
        assert!(is_text("abc") && !is_text("yes") && !is_text("2001-12-14") && !is_text("1") && !is_text(""));
    }
}
