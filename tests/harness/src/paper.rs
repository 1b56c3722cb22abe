//! A printed PDF, seen the way a printer and a passer-by see it: sheets of a size, and a picture of
//! each.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::tools::Tools;

/// A PDF on disk.
#[derive(Debug)]
pub struct Paper {
    folder: TempDir,
    tools: Tools,
}

/// A grey picture of a sheet: 0 is black.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Pixels in a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// One byte a pixel, line by line.
    pub pixels: Vec<u8>,
}

impl Paper {
    /// Keeps `pdf` for the tools that look at it.
    #[must_use]
    pub fn new(tools: &Tools, pdf: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("papier.pdf"), pdf).expect("a temporary file");
        Self { folder, tools: tools.clone() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("papier.pdf")
    }

    /// Width and height of each page, in millimetres, from its `MediaBox`.
    #[track_caller]
    #[must_use]
    pub fn sheets(&self) -> Vec<(f64, f64)> {
        let path = self.path();
        let arguments: [&OsStr; 6] =
            ["-box".as_ref(), "-f".as_ref(), "1".as_ref(), "-l".as_ref(), "9999".as_ref(), path.as_ref()];
        let told = self.tools.run("pdfinfo", arguments);
        assert!(told.success, "{}", told.stderr);
        told.stdout.lines().filter(|line| line.contains("MediaBox:")).map(sheet).collect()
    }

    /// The words of the whole document, without blanks and without invisible marks: paper breaks
    /// lines where it likes.
    #[track_caller]
    #[must_use]
    pub fn letters(&self) -> String {
        let path = self.path();
        let told = self.tools.run("pdftotext", [path.as_ref(), "-".as_ref()]);
        assert!(told.success, "{}", told.stderr);
        told.stdout.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{200b}').collect()
    }

    /// A picture of a page, from 1, as a scanner of `dpi` dots an inch sees it.
    #[track_caller]
    #[must_use]
    pub fn picture(&self, page: usize, dpi: u32) -> Picture {
        let (path, target) = (self.path(), self.folder.path().join("page"));
        let (page, dpi) = (page.to_string(), dpi.to_string());
        let arguments: [&OsStr; 10] = [
            "-gray".as_ref(),
            "-singlefile".as_ref(),
            "-f".as_ref(),
            page.as_ref(),
            "-l".as_ref(),
            page.as_ref(),
            "-r".as_ref(),
            dpi.as_ref(),
            path.as_ref(),
            target.as_ref(),
        ];
        let told = self.tools.run("pdftoppm", arguments);
        assert!(told.success, "{}", told.stderr);
        pgm(&target.with_extension("pgm"))
    }
}

/// `Page    1 MediaBox:      0.00     0.00   419.53   595.28`, in points.
fn sheet(line: &str) -> (f64, f64) {
    let numbers: Vec<f64> = line.split_whitespace().rev().take(4).filter_map(|word| word.parse().ok()).collect();
    let [top, right, bottom, left] = numbers[..] else { panic!("not a box: {line}") };
    let millimetres = |points: f64| points * 25.4 / 72.0;
    (millimetres(right - left), millimetres(top - bottom))
}

/// Reads a binary PGM (Netpbm's P5, 8 bits).
fn pgm(path: &Path) -> Picture {
    let bytes = fs::read(path).expect("pdftoppm writes a picture");
    let mut at = 0;
    let mut word = || {
        let start = at + bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace()).expect("a whole header");
        let end = start + bytes[start..].iter().position(u8::is_ascii_whitespace).expect("a whole header");
        at = end;
        std::str::from_utf8(&bytes[start..end]).expect("an ASCII header").to_owned()
    };
    let header = [word(), word(), word(), word()];
    assert_eq!((header[0].as_str(), header[3].as_str()), ("P5", "255"), "an 8-bit PGM");
    let size = |index: usize| header[index].parse().expect("a size");
    Picture { width: size(1), height: size(2), pixels: bytes[at + 1..].to_vec() }
}
