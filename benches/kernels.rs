//! The kernels by themselves, natively: `cargo bench`. In the browser `./build.sh bench` measures the same ones.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scorecam::engine::selftest::measure;

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernels");
    for mut kernel in measure::all() {
        group.throughput(Throughput::Elements(kernel.macs as u64));
        group.bench_function(&kernel.name, |bencher| bencher.iter(|| (kernel.run)()));
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
