//! Reads a byte stream line by line, with a limit on the length of a line.
//!
//! `tokio_util::codec` has no decoder that does this. `LinesCodec` fails on bytes that are not UTF-8.
//! `LinesCodec` and `AnyDelimiterCodec` both report an over-long line as an error, after which `FramedRead`
//! ends its stream once, as at the end of the input, and holds back the lines that it has already buffered
//! until more input arrives. A decoder of our own would avoid that, but is no shorter than this function.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// The result of [`next_line`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The buffer holds a line, without its line feed.
    Whole,
    /// A line exceeded the limit and was skipped. The buffer holds its beginning.
    TooLong,
    /// The stream ended.
    End,
}

/// The maximum number of bytes that are kept of a line that is too long. They tell what the line was.
const BEGINNING_BYTES_MAX: usize = 256;

/// Reads up to the next line feed. Clears `buffer` first and stores at most `bytes_max` bytes in it.
///
/// # Errors
/// The error of the underlying reader.
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
            let kept = bytes_max.min(BEGINNING_BYTES_MAX);
            let more = kept.saturating_sub(buffer.len()).min(piece);
            buffer.extend_from_slice(&available[..more]);
            buffer.truncate(kept);
            buffer.shrink_to_fit();
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
    async fn lines_are_returned_whole_or_cut() {
        // With a capacity of 3, every line crosses the reader's own buffer.
        let mut input = BufReader::with_capacity(3, &b"one\n\nmuch too long\n\xff\xfe\nlast"[..]);
        let mut buffer = Vec::new();
        let mut seen = Vec::new();
        loop {
            match next_line(&mut input, &mut buffer, 8).await.unwrap() {
                Line::Whole => seen.push((Line::Whole, buffer.clone())),
                Line::TooLong => seen.push((Line::TooLong, buffer.clone())),
                Line::End => break,
            }
        }
        let expected: [(Line, &[u8]); 5] = [
            (Line::Whole, b"one"),
            (Line::Whole, b""),
            (Line::TooLong, b"much too"),
            (Line::Whole, b"\xff\xfe"),
            (Line::Whole, b"last"),
        ];
        assert_eq!(seen, expected.map(|(line, text)| (line, text.to_vec())));
    }
}
