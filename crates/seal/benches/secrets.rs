//! Sealing a hundred Secrets for a commit, and again when nothing changed. Prints what it measures beside the
//! goals, and fails when one is missed.

use std::process::ExitCode;
use std::time::Instant;

use model::{Secret, Timestamp};
use seal::{Fields, Identity, Keys, Known, cipher_work};

const SECRETS: usize = 100;
const ROUNDS: usize = 15;
const AT: Timestamp = Timestamp(1_790_000_000_000_000);

fn main() -> ExitCode {
    let keys = Keys::of(Identity::generate());
    let texts: Vec<Secret> = (0..SECRETS).map(text).collect();
    let (mut fresh, mut unchanged, mut looked_into) = (Vec::new(), Vec::new(), Vec::new());
    let mut work = 0;
    for _ in 0..ROUNDS {
        let known = Known::new();
        let (first, took) = all(&known, &texts, &keys, &[]);
        fresh.push(took);
        let before = cipher_work();
        let (second, took) = all(&known, &texts, &keys, &first);
        work += cipher_work() - before;
        unchanged.push(took);
        assert!(first == second, "unchanged Secrets keep their bytes");
        // As after a start: what was sealed before is opened once to see that it is the same.
        looked_into.push(all(&Known::new(), &texts, &keys, &first).1);
    }
    println!("{SECRETS} Secrets unchanged, opened once to see it: median {:.1} ms", median(looked_into));
    let mut met = under("100 Secrets sealed, ms", median(fresh), 50.0);
    met &= under("100 Secrets unchanged, ms", median(unchanged), 50.0);
    met &= under("ciphers run for unchanged ones", f64::from(u32::try_from(work).unwrap_or(u32::MAX)), 1.0);
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text(n: usize) -> Secret {
    let words = (0..4).map(|i| format!("  key-{i}: c2VjcmV0LW51bWJlci0xMjM0NTY3ODkwLWFiY2RlZg{n:04}\n"));
    Secret::new(format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: secret-{n}\n  namespace: shop\ntype: Opaque\ndata:\n{}",
        words.collect::<String>()
    ))
}

fn all(known: &Known, texts: &[Secret], keys: &Keys, previous: &[Vec<u8>]) -> (Vec<Vec<u8>>, f64) {
    let begun = Instant::now();
    let one = |(n, text): (usize, &Secret)| {
        known
            .seal(text, Fields::SecretData, keys, previous.get(n).map(Vec::as_slice), AT)
            .expect("it is sealed")
    };
    let files = texts.iter().enumerate().map(one).collect();
    (files, begun.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn under(name: &str, value: f64, goal: f64) -> bool {
    println!("{} {name}: {value:.1} (goal: under {goal})", if value < goal { "met   " } else { "MISSED" });
    value < goal
}
