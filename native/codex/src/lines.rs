//! Lines of a byte stream, bounded in length, tolerant of anything.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// What [`next_line`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line is in the buffer, without its end.
    Whole,
    /// A line was longer than allowed and is skipped.
    TooLong,
    /// The stream ended.
    End,
}

/// Reads up to the next line end into `buffer`, which it clears first, keeping at most `bytes_max`.
pub(crate) async fn next_line(
    input: &mut (impl AsyncBufRead + Unpin),
    buffer: &mut Vec<u8>,
    bytes_max: usize,
) -> std::io::Result<Line> {
    buffer.clear();
    let mut too_long = false;
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(match (too_long, buffer.is_empty()) {
                (true, _) => Line::TooLong,
                (false, true) => Line::End,
                (false, false) => Line::Whole,
            });
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = end.unwrap_or(available.len());
        too_long |= buffer.len() + piece > bytes_max;
        if too_long {
            buffer.clear();
        } else {
            buffer.extend_from_slice(&available[..piece]);
        }
        input.consume(end.map_or(piece, |end| end + 1));
        if end.is_some() {
            return Ok(if too_long { Line::TooLong } else { Line::Whole });
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn lines_come_whole_or_are_skipped() {
        // A capacity of 3 makes every line cross the reader's own buffer.
        let mut input = BufReader::with_capacity(3, &b"one\n\nmuch too long\n\xff\xfe\nlast"[..]);
        let mut buffer = Vec::new();
        let mut seen = Vec::new();
        loop {
            match next_line(&mut input, &mut buffer, 8).await.unwrap() {
                Line::Whole => seen.push(Some(buffer.clone())),
                Line::TooLong => seen.push(None),
                Line::End => break,
            }
        }
        let expected: [Option<&[u8]>; 5] = [Some(b"one"), Some(b""), None, Some(b"\xff\xfe"), Some(b"last")];
        assert_eq!(seen, expected.map(|line| line.map(<[u8]>::to_vec)));
    }
}
