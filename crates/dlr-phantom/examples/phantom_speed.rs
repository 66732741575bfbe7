//! Seconds per case of a grid, on one thread: `time cargo run --release -p dlr-phantom --example phantom_speed -- small 20`.

use dlr_phantom::{Grid, PhantomConfig, Plan};
use std::time::Instant;

fn main() -> dlr_core::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let grid = Grid::parse(&arguments.next().unwrap_or_else(|| "small".into()))?;
    let n = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(20);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can be started");
    let plan = Plan::new(&PhantomConfig { grid, n_train: n, n_external: 0, ..PhantomConfig::default() })?;
    let start = Instant::now();
    let masks = pool.install(|| plan.render_all(|_, case| Ok(case.mass.n_voxels())))?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.2} cases per second, {} voxels of tumour", n as f64 / seconds, masks.iter().sum::<usize>());
    Ok(())
}
