// Making training cases without splitting.
use dlr_core::{Cohort, LoadCase, TrainCases};

fn by_hand<'a>(cohort: Cohort, load: LoadCase<'a>) -> TrainCases<'a> {
    TrainCases { cohort, load }
}

fn main() {}
