//! Numbers and names as text for people: fixed digits, a real minus sign, p values, short names, file names.
//!
//! Machine-readable text (CSV, JSON) is not made here.

use crate::data::Interval;

/// A coordinate: two digits, no trailing zeros, never `-0`.
pub(crate) fn xy(value: f64) -> String {
    let text = format!("{:.2}", if value.is_finite() { value } else { 0.0 });
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// A number with so many digits; `n/a` where it is undefined.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "n/a".into();
    }
    let text = format!("{:.digits$}", value.abs());
    let is_zero = text.chars().all(|c| c == '0' || c == '.');
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}

/// A number on an axis whose ticks lie `step` apart.
pub(crate) fn tick(value: f64, step: f64) -> String {
    let digits = if step > 0.0 && step.is_finite() { (-step.log10()).ceil().clamp(0.0, 8.0) as usize } else { 2 };
    let digits =
        if digits < 8 && (step * 10f64.powi(digits as i32)).fract().abs() > 1e-6 { digits + 1 } else { digits };
    fixed(value, digits)
}

/// A number of any size with four significant digits.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() || size == 0.0 || (1e-3..1e6).contains(&size) {
        let digits = if size == 0.0 || !size.is_finite() { 0 } else { (3 - size.log10().floor() as i32).clamp(0, 6) };
        let text = fixed(value, digits as usize);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    } else {
        format!("{value:.2e}").replace('-', "\u{2212}")
    }
}

/// A p value with its sign: `p = 0.03`, `p < 0.001`.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        _ if p.is_nan() => "n/a".into(),
        _ if p < 0.001 => "p < 0.001".into(),
        _ if p < 0.095 => format!("p = {}", fixed(p, 3)),
        _ => format!("p = {}", fixed(p, 2)),
    }
}

/// `0.71 (0.55 to 0.87)`; without the limits where there are none.
pub(crate) fn interval(interval: &Interval, digits: usize) -> String {
    if interval.low.is_nan() || interval.high.is_nan() {
        return fixed(interval.value, digits);
    }
    let [value, low, high] = [interval.value, interval.low, interval.high].map(|v| fixed(v, digits));
    format!("{value} ({low} to {high})")
}

/// `62%`.
pub(crate) fn percent(share: f64) -> String {
    if share.is_nan() { "n/a".into() } else { format!("{}%", fixed(share * 100.0, 0)) }
}

/// `1 case`, `2 cases`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A long name with its middle left out; line breaks become spaces.
pub(crate) fn elide(name: &str, n_chars: usize) -> String {
    let chars: Vec<char> = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.len() <= n_chars {
        return chars.into_iter().collect();
    }
    let head = (n_chars - 1) * 3 / 5;
    let tail = n_chars - 1 - head;
    chars[..head].iter().chain(&['\u{2026}']).chain(&chars[chars.len() - tail..]).collect()
}

/// A feature's name of at most so many letters. Where it is longer, a filter of pyradiomics is written as people say it
/// (`log-sigma-2-0-mm-3D` as `LoG-2.0mm`) before anything is left out.
pub(crate) fn feature_name(name: &str, n_chars: usize) -> String {
    if name.chars().count() <= n_chars {
        return elide(name, n_chars);
    }
    let short = name.split_once("log-sigma-").and_then(|(before, rest)| {
        let (sigma, after) = rest.split_once("-mm-3D")?;
        Some(format!("{before}LoG-{}mm{after}", sigma.replace('-', ".")))
    });
    elide(short.as_deref().unwrap_or(name), n_chars)
}

/// A part of a file name or identifier: lower-case letters, digits and hyphens, at most 40, never empty.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(40);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "x".into() } else { slug.into() }
}

/// Without characters that XML forbids or that turn the reading direction; they become U+FFFD.
pub(crate) fn printable(text: &str) -> String {
    let bad = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|c| if bad(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(xy(-0.001), "0");
        assert_eq!(xy(12.5), "12.5");
        assert_eq!(fixed(-0.004, 2), "0.00");
        assert_eq!(fixed(-1.5, 1), "\u{2212}1.5");
        assert_eq!(tick(0.25, 0.25), "0.25");
        assert_eq!(tick(0.2, 0.2), "0.2");
        assert_eq!(tick(20.0, 10.0), "20");
        assert_eq!(short(1234.56), "1235");
        assert_eq!(short(0.05), "0.05");
        assert_eq!(p_value(0.0004), "p < 0.001");
        assert_eq!(p_value(0.0312), "p = 0.031");
        assert_eq!(p_value(0.5), "p = 0.50");
    }

    #[test]
    fn names_become_safe() {
        assert_eq!(slug("../../DLR <script>"), "dlr-script");
        assert_eq!(slug("\u{0}"), "x");
        assert_eq!(elide("abcdefghij", 5), "ab\u{2026}ij");
        let name = "intra_log-sigma-2-0-mm-3D_gldm_SmallDependenceHighGrayLevelEmphasis";
        assert_eq!(feature_name(name, 60), "intra_LoG-2.0mm_gldm_SmallDependenceHighGrayLevelEmphasis");
        assert_eq!(feature_name(name, 80), name);
        assert_eq!(printable("a\u{0}b\u{202e}c"), "a\u{fffd}b\u{fffd}c");
    }
}
