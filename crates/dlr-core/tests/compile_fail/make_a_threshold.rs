// Making a threshold by hand.
use dlr_core::Threshold;

fn by_hand(value: f64) -> Threshold {
    Threshold { value, rule: "best on test".into() }
}

fn main() {}
