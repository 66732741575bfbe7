// Making training cases of the external ones: a split gives the training side only.
use dlr_core::{CaseSet, TrainCases};

fn external<'a>(all: &CaseSet<'a>) -> TrainCases<'a> {
    let (_, external) = all.split_roles();
    external
}

fn main() {}
