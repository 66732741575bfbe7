//! Colours, dashes, markers and hatches: every series differs in more than its colour.
//!
//! Colours are Okabe and Ito's (2008), which all common forms of colour vision tell apart. Ramps rise in lightness,
//! so that they keep their order in a grey print. Nothing is drawn here.

/// Ink of axes and text.
pub(crate) const INK: &str = "#222222";
/// Second-rank text.
pub(crate) const SOFT: &str = "#595959";
/// Reference lines.
pub(crate) const RULE: &str = "#8c8c8c";
/// Grid lines.
pub(crate) const GRID: &str = "#e6e6e6";

const BLUE: &str = "#0072b2";
const VERMILION: &str = "#d55e00";
const GREEN: &str = "#009e73";
const PURPLE: &str = "#aa4f83";
const ORANGE: &str = "#e69f00";
const SKY: &str = "#3a9bd6";

/// Shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// How a model is drawn, in every figure alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Series {
    pub(crate) colour: &'static str,
    pub(crate) dash: &'static str,
    pub(crate) marker: Marker,
    pub(crate) width: f64,
}

const MODELS: [Series; 6] = [
    Series { colour: BLUE, dash: "7 3", marker: Marker::Square, width: 1.8 },
    Series { colour: GREEN, dash: "2 2.4", marker: Marker::Triangle, width: 2.0 },
    Series { colour: VERMILION, dash: "", marker: Marker::Circle, width: 2.2 },
    Series { colour: PURPLE, dash: "9 3 2 3", marker: Marker::Diamond, width: 1.8 },
    Series { colour: ORANGE, dash: "12 4", marker: Marker::Cross, width: 1.8 },
    Series { colour: SKY, dash: "4 2 1 2 1 2", marker: Marker::Square, width: 1.8 },
];

const BASELINES: [Series; 3] = [
    Series { colour: "#6e6e6e", dash: "1 3", marker: Marker::Cross, width: 1.6 },
    Series { colour: "#6e6e6e", dash: "5 3 1 3", marker: Marker::Diamond, width: 1.6 },
    Series { colour: "#6e6e6e", dash: "8 5", marker: Marker::Square, width: 1.6 },
];

/// The look of the model at this place of the legend.
pub(crate) fn model(position: usize) -> Series {
    MODELS[position % MODELS.len()]
}

/// The look of a baseline.
pub(crate) fn baseline(position: usize) -> Series {
    BASELINES[position % BASELINES.len()]
}

/// Fill of a feature group: colour and hatch number (0: solid).
pub(crate) fn group(name: &str) -> (&'static str, usize) {
    match name {
        "intra" => (BLUE, 0),
        "peri" => (ORANGE, 1),
        "deep" => (GREEN, 2),
        "clinical" => (PURPLE, 3),
        _ => (SOFT, 4),
    }
}

/// A feature group in words.
pub(crate) fn group_label(name: &str) -> &str {
    match name {
        "intra" => "intratumoral",
        "peri" => "peritumoral",
        "" => "other",
        other => other,
    }
}

/// Red, green, blue, 0 to 255.
pub(crate) type Rgb = [u8; 3];

/// Dark blue to yellow by rising lightness (cividis, Nunez and others 2018), `t` 0 to 1.
pub(crate) fn ramp(t: f64) -> Rgb {
    const STOPS: [Rgb; 7] =
        [[0, 32, 76], [31, 54, 104], [75, 84, 108], [110, 112, 115], [151, 143, 113], [201, 181, 93], [255, 233, 69]];
    mix(&STOPS, t)
}

/// Blue over white to vermilion, `t` -1 to 1.
pub(crate) fn diverging(t: f64) -> Rgb {
    const STOPS: [Rgb; 5] = [[0, 78, 138], [112, 175, 222], [250, 250, 250], [244, 165, 96], [178, 64, 0]];
    mix(&STOPS, (t + 1.0) / 2.0)
}

/// Colour of a map value, `t` -1 to 1: vermilion to yellow towards the positive class, blue to sky away from it.
pub(crate) fn heat(t: f64) -> Rgb {
    if t < 0.0 {
        mix(&[[0, 60, 130], [60, 190, 255]], -t)
    } else {
        mix(&[[200, 40, 0], [240, 110, 0], [255, 232, 60]], t)
    }
}

/// `#rrggbb`.
pub(crate) fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn mix(stops: &[Rgb], t: f64) -> Rgb {
    let last = stops.len() - 1;
    let at = if t.is_finite() { t.clamp(0.0, 1.0) * last as f64 } else { 0.0 };
    let below = (at.floor() as usize).min(last - 1);
    let part = at - below as f64;
    std::array::from_fn(|c| {
        let (a, b) = (f64::from(stops[below][c]), f64::from(stops[below + 1][c]));
        (a + (b - a) * part).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_rises_in_lightness() {
        let lightness = |[r, g, b]: Rgb| 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
        let steps: Vec<_> = (0..=20).map(|i| lightness(ramp(f64::from(i) / 20.0))).collect();
        assert!(steps.windows(2).all(|w| w[0] < w[1]), "{steps:?}");
    }
}
