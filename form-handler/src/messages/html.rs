//! From a letter's text to the blocks that its layout draws: the text alone holds words, so that
//! the two parts of a letter never say different things.
//!
//! Paragraphs are parted by blank lines. A line that is nothing but an address is a link: to be
//! pressed when the line before it ends with a colon, which is then its label; otherwise the last
//! line of a paragraph of details, or one that stands alone. Indented lines are a code to copy.
//! What follows a line of two dashes is the small print, as mail programs have it.

use serde::Serialize;

/// What introduces an address.
const COLON: char = ':';

/// How a code to copy is set apart.
const INDENT: &str = "    ";

/// The line that the small print follows.
const SMALL_PRINT: &str = "--";

/// One part of a letter, drawn as one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Block<'t> {
    /// A paragraph, line by line.
    Text { lines: Vec<&'t str> },
    /// When and where, and the page that says more.
    Details { lines: Vec<&'t str>, url: &'t str },
    /// Something to do.
    Action { label: &'t str, url: &'t str },
    /// Something to copy.
    Code { lines: Vec<&'t str> },
}

/// A whole letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Blocks<'t> {
    /// What it says.
    pub(super) blocks: Vec<Block<'t>>,
    /// Below, smaller.
    pub(super) small: Vec<Block<'t>>,
}

/// Reads a letter's text, without its subject.
pub(super) fn read(text: &str) -> Blocks<'_> {
    let mut lines = text.lines().map(str::trim_end);
    let said: Vec<_> = lines.by_ref().take_while(|line| *line != SMALL_PRINT).collect();
    let below: Vec<_> = lines.collect();
    Blocks { blocks: blocks(&said), small: blocks(&below) }
}

fn blocks<'t>(lines: &[&'t str]) -> Vec<Block<'t>> {
    let paragraphs = lines.split(|line| line.is_empty()).filter(|paragraph| !paragraph.is_empty());
    paragraphs.flat_map(paragraph).collect()
}

fn paragraph<'t>(lines: &[&'t str]) -> Vec<Block<'t>> {
    if lines.iter().all(|line| line.starts_with(INDENT)) {
        return vec![Block::Code { lines: lines.iter().map(|line| line.trim()).collect() }];
    }
    let (mut blocks, mut before) = (Vec::new(), Vec::new());
    for line in lines.iter().map(|line| line.trim()) {
        if !is_address(line) {
            before.push(line);
            continue;
        }
        match before.last().and_then(|last: &&str| last.strip_suffix(COLON)) {
            Some(label) => {
                before.pop();
                if !before.is_empty() {
                    blocks.push(Block::Text { lines: std::mem::take(&mut before) });
                }
                // A French colon has a space before it, often one that does not break.
                blocks.push(Block::Action { label: label.trim_end(), url: line });
            }
            None => blocks.push(Block::Details { lines: std::mem::take(&mut before), url: line }),
        }
    }
    if !before.is_empty() {
        blocks.push(Block::Text { lines: before });
    }
    blocks
}

fn is_address(line: &str) -> bool {
    (line.starts_with("https://") || line.starts_with("http://")) && !line.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'t>(lines: &[&'t str]) -> Block<'t> {
        Block::Text { lines: lines.to_vec() }
    }

    #[test]
    fn blank_lines_part_paragraphs_and_lines_are_kept() {
        assert_eq!(read("Hello,\n\n\nOne.\r\nTwo.\n").blocks, [text(&["Hello,"]), text(&["One.", "Two."])]);
        assert_eq!(read(""), Blocks::default());
    }

    #[test]
    fn a_line_that_ends_with_a_colon_is_the_label_of_the_address_below_it() {
        let action = |label| Block::Action { label, url: "https://a.example/x" };
        for colon in [":", " :", "\u{a0}:", "\u{202f}:"] {
            let letter = format!("See it{colon}\nhttps://a.example/x\n");
            assert_eq!(read(&letter).blocks, [action("See it")], "{colon:?}");
        }
        let letter = "Why.\nSee it:\nhttps://a.example/x\nAfter.";
        assert_eq!(read(letter).blocks, [text(&["Why."]), action("See it"), text(&["After."])]);
    }

    #[test]
    fn any_other_address_is_the_page_that_says_more() {
        let letter = "Wednesday\nThe room\nhttps://a.example/\n\nhttp://b.example/";
        let details = |lines: &[&'static str], url| Block::Details { lines: lines.to_vec(), url };
        let expected = [details(&["Wednesday", "The room"], "https://a.example/"), details(&[], "http://b.example/")];
        assert_eq!(read(letter).blocks, expected);
        assert_eq!(read("Go to https://a.example/ now").blocks, [text(&["Go to https://a.example/ now"])]);
    }

    #[test]
    fn indented_lines_are_a_code() {
        assert_eq!(
            read("Code:\n\n    ABCD-EFGH\n").blocks,
            [text(&["Code:"]), Block::Code { lines: vec!["ABCD-EFGH"] }]
        );
        assert_eq!(read("One\n    two").blocks, [text(&["One", "two"])]);
    }

    #[test]
    fn two_dashes_begin_the_small_print() {
        let letter = read("Text -- text\n\nUs\n\n-- \nSmall.\n\nSmaller.");
        assert_eq!(letter.blocks, [text(&["Text -- text"]), text(&["Us"])]);
        assert_eq!(letter.small, [text(&["Small."]), text(&["Smaller."])]);
    }
}
