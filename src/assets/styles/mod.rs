//! Style sheets: one file out of a sheet and those it imports, minified, its `url()` led to
//! published addresses.
//!
//! Nothing is rewritten for older browsers.

use std::collections::{BTreeMap, BTreeSet};

use cssparser::{ParseError, Parser, ParserInput, SourceLocation, Token};
use lightningcss::{
    error::{Error, ErrorLocation},
    media_query::MediaList,
    rules::{
        CssRule, CssRuleList, import::ImportRule, layer::LayerBlockRule, media::MediaRule, supports::SupportsRule,
    },
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet},
    targets::{Features, Targets},
    values::{string::CowArcStr, url::Url},
    visitor::{Visit, VisitTypes, Visitor},
};

/// How deep imports may be nested.
const DEEPEST_IMPORT: usize = 32;

/// How deep blocks may be nested: the parser recurses.
const DEEPEST_BLOCK: usize = 32;

/// How deep functions and parentheses may be nested: the parser tries several readings at each
/// level, and its time doubles with each.
const DEEPEST_FUNCTION: usize = 12;

/// A style sheet that cannot be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StyleError {
    /// The file at fault.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in UTF-16 code units.
    pub column: u32,
    /// What is wrong there.
    pub kind: StyleErrorKind,
}

/// What is wrong with a style sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StyleErrorKind {
    /// The text is not CSS. The message is the parser's, in English.
    Syntax(String),
    /// An imported file, or the entry itself, does not exist. The sheets of other sites cannot be
    /// imported.
    MissingImport(String),
    /// A file imports itself, directly or not, or imports are nested more than 32 deep.
    ImportLoop(String),
    /// A `url()` names a local file that is not published.
    MissingFile(String),
}

/// A style sheet with all that it imports, minified.
///
/// `entry` is the name of the first file. `read` gives a file's text by its name: what an import or
/// a `url()` says is resolved against the file that says it. `address` gives the published address
/// of a file that a `url()` names; it is not asked about other sites, `data:`, absolute paths and
/// fragments, which stay as they are.
pub(super) fn bundle(
    entry: &str,
    read: &dyn Fn(&str) -> Option<String>,
    address: &dyn Fn(&str) -> Option<String>,
) -> Result<String, StyleError> {
    let mut files = SheetFiles { read, names: Vec::new(), texts: BTreeMap::new() };
    let Some(text) = read(entry) else {
        return Err(error(entry, 1, 1, StyleErrorKind::MissingImport(entry.to_owned())));
    };
    files.add(entry, text);
    files.load(entry, &mut Vec::new())?;

    let mut bundler = Bundler { files: &files, address, licenses: Vec::new(), licensed: BTreeSet::new() };
    let rules = bundler.rules(entry)?;
    let licenses = bundler.licenses;
    let mut sheet = StyleSheet::new(files.names.clone(), rules, ParserOptions::default());
    sheet.license_comments = licenses;
    // Left to itself, the minifier writes `(min-width: 40rem)` as `(width>=40rem)`, which older
    // telephones ignore.
    let targets = Targets { include: Features::MediaRangeSyntax, ..Targets::default() };
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|problem| syntax(entry, &problem))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })
        .map_err(|problem| syntax(entry, &problem))?;
    Ok(printed.code)
}

fn error(file: &str, line: u32, column: u32, kind: StyleErrorKind) -> StyleError {
    StyleError { file: file.to_owned(), line, column, kind }
}

/// The parser's errors count lines from 0, and those of the other steps may have no place at all.
fn syntax<T: std::fmt::Display>(file: &str, problem: &Error<T>) -> StyleError {
    let kind = StyleErrorKind::Syntax(problem.kind.to_string());
    match &problem.loc {
        Some(ErrorLocation { filename, line, column }) => error(filename, line.saturating_add(1), *column, kind),
        None => error(file, 1, 1, kind),
    }
}

/// Refuses what is nested so deep that the parser would exhaust its stack or its time.
fn nesting(text: &str, name: &str) -> Result<(), StyleError> {
    fn walk<'i>(
        parser: &mut Parser<'i, '_>,
        blocks: usize,
        functions: usize,
    ) -> Result<(), ParseError<'i, SourceLocation>> {
        loop {
            let place = parser.current_source_location();
            let (blocks, functions) = match parser.next() {
                Ok(Token::CurlyBracketBlock) => (blocks + 1, functions),
                Ok(Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock) => (blocks, functions + 1),
                Ok(_) => continue,
                Err(_) => return Ok(()),
            };
            if blocks > DEEPEST_BLOCK || functions > DEEPEST_FUNCTION {
                return Err(parser.new_custom_error(place));
            }
            parser.parse_nested_block(|inner| walk(inner, blocks, functions))?;
        }
    }
    let mut input = ParserInput::new(text);
    walk(&mut Parser::new(&mut input), 0, 0).map_err(|problem| {
        let SourceLocation { line, column } = problem.location;
        error(name, line.saturating_add(1), column, StyleErrorKind::Syntax("nested too deep".to_owned()))
    })
}

/// The texts of every file, read before any is assembled: the parsed rules borrow from them.
struct SheetFiles<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    names: Vec<String>,
    texts: BTreeMap<String, (u32, String)>,
}

impl SheetFiles<'_> {
    fn add(&mut self, name: &str, text: String) {
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.texts.insert(name.to_owned(), (index, text));
    }

    fn parse(&self, name: &str) -> Result<StyleSheet<'_>, StyleError> {
        let (source_index, text) = self.texts.get(name).map_or((0, ""), |(index, text)| (*index, text.as_str()));
        nesting(text, name)?;
        let options = ParserOptions { filename: name.to_owned(), source_index, ..ParserOptions::default() };
        StyleSheet::parse(text, options).map_err(|problem| syntax(name, &problem))
    }

    /// Reads what a file imports, and what that imports in turn. `chain` holds the files that led
    /// here.
    fn load(&mut self, name: &str, chain: &mut Vec<String>) -> Result<(), StyleError> {
        let imports: Vec<(u32, u32, Option<String>, String)> = self
            .parse(name)?
            .rules
            .0
            .iter()
            .filter_map(|rule| match rule {
                CssRule::Import(import) => Some((
                    import.loc.line.saturating_add(1),
                    import.loc.column,
                    target(name, import),
                    import.url.to_string(),
                )),
                _ => None,
            })
            .collect();
        chain.push(name.to_owned());
        for (line, column, target, said) in imports {
            let Some(target) = target else {
                return Err(error(name, line, column, StyleErrorKind::MissingImport(said)));
            };
            if chain.contains(&target) || chain.len() > DEEPEST_IMPORT {
                return Err(error(name, line, column, StyleErrorKind::ImportLoop(target)));
            }
            if !self.texts.contains_key(&target) {
                let Some(text) = (self.read)(&target) else {
                    return Err(error(name, line, column, StyleErrorKind::MissingImport(target)));
                };
                self.add(&target, text);
                self.load(&target, chain)?;
            }
        }
        chain.pop();
        Ok(())
    }
}

fn target(file: &str, import: &ImportRule<'_>) -> Option<String> {
    local(&import.url).map(|(path, _)| resolve(file, path))
}

/// The rules of the bundle, in the order of the imports.
struct Bundler<'a> {
    files: &'a SheetFiles<'a>,
    address: &'a dyn Fn(&str) -> Option<String>,
    licenses: Vec<CowArcStr<'a>>,
    licensed: BTreeSet<String>,
}

impl<'a> Bundler<'a> {
    /// The rules of a file, those of the files it imports in the place of the imports. A file
    /// imported twice is there twice, as browsers have it: the order of rules and of layers depends
    /// on it.
    fn rules(&mut self, name: &str) -> Result<CssRuleList<'a>, StyleError> {
        let files = self.files;
        let mut sheet = files.parse(name)?;
        sheet.visit(&mut UrlRewriter { file: name, address: self.address })?;
        if self.licensed.insert(name.to_owned()) {
            self.licenses.append(&mut sheet.license_comments);
        }
        let mut rules = Vec::with_capacity(sheet.rules.0.len());
        for rule in sheet.rules.0 {
            match rule {
                CssRule::Import(import) => {
                    if let Some(target) = target(name, &import) {
                        let imported = self.rules(&target)?;
                        rules.extend(under_conditions(import, imported).0);
                    }
                }
                rule => rules.push(rule),
            }
        }
        Ok(CssRuleList(rules))
    }
}

/// Puts imported rules under the layer and the conditions of their import.
fn under_conditions<'i>(import: ImportRule<'i>, mut rules: CssRuleList<'i>) -> CssRuleList<'i> {
    let ImportRule { layer, supports, media, loc, .. } = import;
    if let Some(name) = layer {
        rules = CssRuleList(vec![CssRule::LayerBlock(LayerBlockRule { name, rules, loc })]);
    }
    if let Some(condition) = supports {
        rules = CssRuleList(vec![CssRule::Supports(SupportsRule { condition, rules, loc })]);
    }
    if media != MediaList::new() {
        rules = CssRuleList(vec![CssRule::Media(MediaRule { query: media, rules, loc })]);
    }
    rules
}

/// Leads every `url()` of a file to the published address.
struct UrlRewriter<'a> {
    file: &'a str,
    address: &'a dyn Fn(&str) -> Option<String>,
}

impl<'i> Visitor<'i> for UrlRewriter<'_> {
    type Error = StyleError;

    fn visit_types(&self) -> VisitTypes {
        // With `URLS` alone, those of `image-set()` are not visited.
        VisitTypes::all()
    }

    fn visit_url(&mut self, url: &mut Url<'i>) -> Result<(), StyleError> {
        let Some((path, suffix)) = local(&url.url) else { return Ok(()) };
        let name = resolve(self.file, path);
        let Some(address) = (self.address)(&name) else {
            return Err(error(self.file, url.loc.line, url.loc.column, StyleErrorKind::MissingFile(name)));
        };
        url.url = format!("{address}{suffix}").into();
        Ok(())
    }
}

/// The path and the query or fragment of an address that names a local file by a relative path.
fn local(address: &str) -> Option<(&str, &str)> {
    let (path, suffix) = address.split_at(address.find(['?', '#']).unwrap_or(address.len()));
    let scheme = path.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    });
    (!path.is_empty() && !path.starts_with('/') && !scheme).then_some((path, suffix))
}

/// The name of the file that a path means in a file. A path that leaves the root keeps its `..`: no
/// file has such a name.
fn resolve(file: &str, path: &str) -> String {
    let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
