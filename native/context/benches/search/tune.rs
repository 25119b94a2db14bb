//! Looking for better weights.
//!
//! One weight after another is tried at a few values, and changed where all repositories together gain enough. What that is worth is said by
//! cross-validation: the repositories in five parts, each asked with weights that were chosen on the other four.

use context::search::Weights;

use crate::mean;
use crate::repository::Repository;
use crate::weights::ALL;

/// By what a weight is multiplied.
const FACTORS: [f32; 4] = [0.5, 0.75, 1.33, 2.0];

/// What a change must gain: less is chance.
const GAIN_MIN: f64 = 0.001;

const PARTS: usize = 5;

pub(crate) fn tune(repositories: &mut [Repository], start: Weights) {
    let mut held_out = Vec::new();
    for part in 0..PARTS {
        let (chosen_on, asked): (Vec<usize>, Vec<usize>) =
            (0..repositories.len()).partition(|index| index % PARTS != part);
        let weights = better(repositories, &chosen_on, start);
        let gains = gains(repositories, &asked, weights);
        println!(
            "part {part}: {:.4}, held out {:.4}",
            score(repositories, &chosen_on, weights),
            mean(&gains)
        );
        held_out.extend(gains);
    }
    println!("cross-validated {:.4}", mean(&held_out));
    let all: Vec<usize> = (0..repositories.len()).collect();
    let mut weights = better(repositories, &all, start);
    println!("chosen on all {:.4}", score(repositories, &all, weights));
    for (name, place) in ALL {
        println!("  {name}={}", place(&mut weights));
    }
}

fn better(repositories: &mut [Repository], chosen_on: &[usize], start: Weights) -> Weights {
    let mut weights = start;
    let mut best = score(repositories, chosen_on, weights);
    loop {
        let before = best;
        for (_, place) in ALL {
            for factor in FACTORS {
                let mut tried = weights;
                *place(&mut tried) *= factor;
                let score = score(repositories, chosen_on, tried);
                if score > best + GAIN_MIN {
                    (best, weights) = (score, tried);
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
        repositories[*index].weigh(weights);
        gains.extend(repositories[*index].ask().iter().map(|answer| answer.gain));
    }
    gains
}
