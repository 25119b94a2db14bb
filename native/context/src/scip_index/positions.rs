//! Positions in SCIP: lines counted from 0, and columns in one of three units.

use scip::types::occurrence::Typed_range;
use scip::types::{Occurrence, PositionEncoding};

/// Returns the line and the column where an occurrence starts, or `None` if its range has no valid format.
pub(super) fn start(occurrence: &Occurrence) -> Option<(u32, u32)> {
    let (line, column) = match &occurrence.typed_range {
        Some(Typed_range::SingleLineRange(range)) => (range.line, range.start_character),
        Some(Typed_range::MultiLineRange(range)) => (range.start_line, range.start_character),
        _ => match occurrence.range[..] {
            [line, column, _] | [line, column, _, _] => (line, column),
            _ => return None,
        },
    };
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}

/// Returns the number of bytes of a line before a column, or `None` if the line has no such column.
pub(super) fn bytes(line: &str, column: u32, encoding: PositionEncoding) -> Option<u32> {
    let mut left = column;
    let mut bytes = 0;
    for character in line.chars() {
        if left == 0 {
            break;
        }
        let units = match encoding {
            PositionEncoding::UTF8CodeUnitOffsetFromLineStart => character.len_utf8(),
            PositionEncoding::UTF32CodeUnitOffsetFromLineStart => 1,
            _ => character.len_utf16(),
        };
        left = left.checked_sub(u32::try_from(units).ok()?)?;
        bytes += character.len_utf8();
    }
    (left == 0).then_some(u32::try_from(bytes).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_three_encodings() {
        use PositionEncoding::{
            UTF8CodeUnitOffsetFromLineStart as Utf8, UTF16CodeUnitOffsetFromLineStart as Utf16,
            UTF32CodeUnitOffsetFromLineStart as Utf32,
        };
        for (column, encoding, expected) in [
            (0, Utf16, Some(0)),
            (6, Utf8, Some(6)),
            (3, Utf16, Some(6)),
            (2, Utf32, Some(6)),
            (2, Utf16, None),
            (9, Utf32, None),
        ] {
            assert_eq!(bytes("ä😀b", column, encoding), expected, "{column} {encoding:?}");
        }
    }
}
