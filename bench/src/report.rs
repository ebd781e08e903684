//! The JSON lines that the table is made of.

/// Prints one measurement: the median of its samples, the least and the most of them.
///
/// # Panics
/// If there is no sample.
pub fn report(name: &str, unit: &str, mut samples: Vec<f64>) {
    samples.sort_by(f64::total_cmp);
    let (count, half) = (samples.len(), samples.len() / 2);
    let median = if count % 2 == 1 { samples[half] } else { f64::midpoint(samples[half - 1], samples[half]) };
    let (min, max) = (samples[0], samples[count - 1]);
    println!(r#"{{"name":"{name}","unit":"{unit}","median":{median},"min":{min},"max":{max},"samples":{count}}}"#);
}
