//! Compressed copies of the published files, made once so that the server has nothing to compress.

use std::{io::Write, path::Path};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};

/// The extensions of the files that shrink when compressed. Pictures and fonts are compressed
/// already.
const EXTENSIONS: &[&str] = &["html", "css", "js", "svg", "xml", "ics", "json", "txt", "webmanifest"];

/// Below this size, the headers of a compressed answer cost as much as the compression saves.
const SMALLEST: u64 = 256;

/// How a copy is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentCoding {
    /// Brotli, at its best level.
    Brotli,
    /// gzip, at its best level, with neither date nor file name.
    Gzip,
}

impl ContentCoding {
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// What is added to the name of the file, as web servers expect it.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    pub(super) fn compress(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Brotli => brotli(bytes),
            Self::Gzip => gzip(bytes),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let (mut source, mut compressed) = (bytes, Vec::new());
    // Writing to memory does not fail.
    brotli::BrotliCompress(&mut source, &mut compressed, &params).map(|_| compressed).unwrap_or_default()
}

/// Whether a file gains from compression: a text of 256 bytes or more, known by its extension.
pub(super) fn worth(path: &str, size: u64) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    size >= SMALLEST && EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn page() -> Vec<u8> {
        "<p>La soirée du mardi 14 octobre, à la médiathèque.</p>\n".repeat(200).into_bytes()
    }

    fn gunzip(bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
        plain
    }

    fn unbrotli(bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &*bytes, &mut plain).unwrap();
        plain
    }

    #[test]
    fn gzip_gives_the_bytes_back() {
        for bytes in [Vec::new(), b"a".to_vec(), page()] {
            assert_eq!(gunzip(&gzip(&bytes)), bytes);
        }
    }

    #[test]
    fn gzip_holds_neither_date_nor_name() {
        let compressed = gzip(&page());
        assert_eq!(compressed[..4], [0x1f, 0x8b, 8, 0]);
        assert_eq!(compressed[4..8], [0; 4]);
    }

    #[test]
    fn brotli_gives_the_bytes_back() {
        let noise: Vec<u8> = (0..100_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        for bytes in [Vec::new(), b"a".to_vec(), page(), noise] {
            assert_eq!(unbrotli(&brotli(&bytes)), bytes);
        }
    }

    #[test]
    fn texts_shrink_and_brotli_shrinks_more() {
        let page = page();
        let (gzip, brotli) = (gzip(&page).len(), brotli(&page).len());
        assert!(brotli < gzip && gzip < page.len() / 20, "{brotli} {gzip} {}", page.len());
    }

    #[test]
    fn the_same_bytes_give_the_same_bytes() {
        assert_eq!(gzip(&page()), gzip(&page()));
        assert_eq!(brotli(&page()), brotli(&page()));
    }

    #[test]
    fn only_texts_of_some_length_are_worth_it() {
        for path in
            ["index.html", "a/b.css", "a.js", "a.SVG", "flux.xml", "a.ics", "a.json", "robots.txt", "a.webmanifest"]
        {
            assert!(worth(path, 256), "{path}");
            assert!(!worth(path, 255), "{path}");
        }
        for path in ["a.png", "a.woff2", "a.html.br", "html", ".html", "a.", "", "a.jpg"] {
            assert!(!worth(path, 256), "{path}");
        }
    }
}
