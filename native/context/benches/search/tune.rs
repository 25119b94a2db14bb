//! Searches for better ranking weights.
//!
//! One weight after another is tried at a few values, and changed if the mean over all repositories gains
//! enough. Cross-validation measures the result: the repositories are split into five parts, and each part is
//! queried with weights that were chosen on the other four.

use context::search::Weights;

use crate::mean;
use crate::repository::Repository;
use crate::weights::ALL;

/// The factors that are tried on a weight.
const FACTORS: [f32; 4] = [0.5, 0.75, 1.33, 2.0];

/// The minimum gain of a change. Smaller gains are noise.
const GAIN_MIN: f64 = 0.001;

const PARTS: usize = 5;

pub(crate) fn tune(repositories: &mut [Repository], start: Weights) {
    let mut held_out = Vec::new();
    for part in 0..PARTS {
        let (chosen_on, queried): (Vec<usize>, Vec<usize>) =
            (0..repositories.len()).partition(|index| index % PARTS != part);
        let weights = optimize(repositories, &chosen_on, start);
        let gains = gains(repositories, &queried, weights);
        println!(
            "part {part}: {:.4}, held out {:.4}",
            score(repositories, &chosen_on, weights),
            mean(&gains)
        );
        held_out.extend(gains);
    }
    println!("cross-validated {:.4}", mean(&held_out));
    let all: Vec<usize> = (0..repositories.len()).collect();
    let mut weights = optimize(repositories, &all, start);
    println!("chosen on all {:.4}", score(repositories, &all, weights));
    for (name, accessor) in ALL {
        println!("  {name}={}", accessor(&mut weights));
    }
}

fn optimize(repositories: &mut [Repository], chosen_on: &[usize], start: Weights) -> Weights {
    let mut weights = start;
    let mut best = score(repositories, chosen_on, weights);
    loop {
        let before = best;
        for (_, accessor) in ALL {
            for factor in FACTORS {
                let mut candidate = weights;
                *accessor(&mut candidate) *= factor;
                let score = score(repositories, chosen_on, candidate);
                if score > best + GAIN_MIN {
                    (best, weights) = (score, candidate);
                }
            }
        }
        if best <= before {
            return weights;
        }
    }
}

fn score(repositories: &mut [Repository], which: &[usize], weights: Weights) -> f64 {
    mean(&gains(repositories, which, weights))
}

fn gains(repositories: &mut [Repository], which: &[usize], weights: Weights) -> Vec<f64> {
    let mut gains = Vec::new();
    for index in which {
        repositories[*index].set_weights(weights);
        gains.extend(repositories[*index].ask().iter().map(|answer| answer.gain));
    }
    gains
}
