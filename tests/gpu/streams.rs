//! Random numbers that an adapter makes are those of the host's streams.

use flatscape::config::NoiseDistribution;
use flatscape::model::{Compute, Purpose, Stream, gaussian, rademacher, to_host_f32};

use crate::device::gpu;

const STREAMS: [Stream; 4] = [
    Stream { seed: 0, purpose: Purpose::Noise, index: 1 },
    Stream { seed: 7, purpose: Purpose::Probes, index: (3 << 32) | 8 },
    Stream { seed: u64::MAX, purpose: Purpose::Bound, index: u64::MAX },
    Stream { seed: 0x0123_4567_89ab_cdef, purpose: Purpose::Density, index: 1 << 40 },
];

#[test]
fn words_are_those_of_the_host() {
    let Some(gpu) = gpu() else { return };
    for stream in STREAMS {
        // Signs are the bits of the host's words, the lowest first.
        let bits = rademacher(stream.seed, stream.purpose, stream.index, 100 * 32);
        let word = |bits: &[f32]| bits.iter().rev().fold(0_u32, |word, &bit| word << 1 | u32::from(bit > 0.0));
        let expected: Vec<u32> = bits.chunks_exact(32).map(word).collect();
        assert_eq!(stream.words(100, &gpu), Some(expected), "{stream:?}");
    }
    assert_eq!(STREAMS[0].words(100, &Compute::cpu()), None);
}

#[test]
fn signs_are_those_of_the_host() {
    let Some(gpu) = gpu() else { return };
    for stream in STREAMS {
        // Beside one stream: several in turn, with fewer rows in the last, and rows that end within a word.
        for (each, shape) in [(1, [1, 1]), (3, [3, 700]), (8, [16, 517]), (8, [12, 33]), (4, [9, 31])] {
            // The last stream has no successor.
            if stream.index == u64::MAX && each < shape[0] {
                continue;
            }
            let [own, host] = [&*gpu, &Compute::cpu()].map(|compute| stream.signs_in_turn(each, shape, compute));
            assert_eq!(own.dims(), shape);
            assert!(to_host_f32(own) == to_host_f32(host), "{stream:?} {shape:?} {each} a stream");
        }
    }
}

#[test]
fn normals_are_those_of_the_host_to_a_unit_in_the_last_place() {
    let Some(gpu) = gpu() else { return };
    let order = |x: f32| {
        let bits = i64::from(x.to_bits() & 0x7fff_ffff);
        if x.is_sign_negative() { -bits } else { bits }
    };
    for stream in STREAMS {
        for len in [1, 2, 511, 513, 100_003] {
            let own = to_host_f32(stream.noise(NoiseDistribution::Gaussian, [1, len], &gpu));
            let host = gaussian(stream.seed, stream.purpose, stream.index, len);
            assert_eq!(own.len(), len);
            for (place, (&own, &host)) in own.iter().zip(&host).enumerate() {
                assert!((order(own) - order(host)).abs() <= 1, "{stream:?}: {own} at {place} of {len}, not {host}");
            }
            // Where a number begins depends on all before it: the rare ones beside the layers and in the tail are among these.
            let extreme = host.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            assert!(len < 100_000 || extreme > 3.7, "{stream:?}: no number of the tail, {extreme}");
        }
    }
}

#[test]
fn other_noise_is_the_hosts() {
    let Some(gpu) = gpu() else { return };
    for distribution in [NoiseDistribution::Rademacher, NoiseDistribution::Uniform, NoiseDistribution::Laplace] {
        let [own, host] =
            [&*gpu, &Compute::cpu()].map(|compute| to_host_f32(STREAMS[0].noise(distribution, [3, 77], compute)));
        assert!(own == host, "{distribution:?}");
    }
}
