//! Answers as JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

/// The largest whole number that every reader of JSON keeps as it is.
const EXACT: u64 = 1 << 53;

/// Prints a value in one line.
pub(super) fn print(value: &impl Serialize) -> io::Result<()> {
    let mut value = serde_json::to_value(value)?;
    keep_exact(&mut value);
    writeln!(io::stdout().lock(), "{value}")
}

/// Numbers that most readers would round become text.
fn keep_exact(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > EXACT) => {
            *value = Value::String(number.to_string());
        }
        Value::Array(values) => values.iter_mut().for_each(keep_exact),
        Value::Object(fields) => fields.values_mut().for_each(keep_exact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_would_be_rounded_become_text() {
        let mut value = json!({ "tx": 1_234_567_890_123_456_789_u64, "small": [7, -7, 1.5] });
        keep_exact(&mut value);
        assert_eq!(value, json!({ "tx": "1234567890123456789", "small": [7, -7, 1.5] }));
    }
}
