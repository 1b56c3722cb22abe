//! One source file, parsed: the modules that it declares, the names that it imports, and the paths
//! that it writes. What is compiled for tests alone is left out.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemMod, ItemUse, Meta, Path, UseTree, Visibility,
    visit::{self, Visit},
};

/// A path as it is written (`crate::model::Session`), and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub segments: Vec<String>,
    pub line: usize,
}

/// A name that a `use` brings into the file.
#[derive(Debug)]
pub(super) struct Import {
    /// Where it comes from.
    pub path: Written,
    /// Whether it is handed on only (`pub use`): the file itself may not need it.
    pub handed_on: bool,
}

/// What one file declares and mentions.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The modules in files of their own, but for those of tests.
    pub modules: BTreeSet<String>,
    /// The modules in files of their own that only tests compile.
    pub test_modules: BTreeSet<String>,
    /// Imports by the name that they bring.
    pub imports: BTreeMap<String, Import>,
    /// Paths of the code, of two segments or more, and names that were imported.
    pub paths: Vec<Written>,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no Rust: its line and why.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let file = syn::parse_file(text).map_err(|error| (error.span().start().line, error.to_string()))?;
        let mut source = Self::default();
        source.visit_file(&file);
        Ok(source)
    }

    fn import(&mut self, tree: &UseTree, before: &[String], handed_on: bool) {
        let with = |name: &proc_macro2::Ident| {
            let segments = before.iter().cloned().chain([name.to_string()]).collect();
            Written { segments, line: name.span().start().line }
        };
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident).segments, handed_on),
            // `use crate::parse::{self}` brings the module.
            UseTree::Name(name) if name.ident == "self" => {
                let path = Written { segments: before.to_vec(), line: name.ident.span().start().line };
                if let Some(last) = before.last() {
                    self.imports.insert(last.clone(), Import { path, handed_on });
                }
            }
            UseTree::Name(name) => {
                self.imports.insert(name.ident.to_string(), Import { path: with(&name.ident), handed_on });
            }
            UseTree::Rename(rename) => {
                let path = with(&rename.ident);
                // Traits that are only called by their methods are all named `_`.
                let name = if rename.rename == "_" { format!("_{}", rename.ident) } else { rename.rename.to_string() };
                self.imports.insert(name, Import { path, handed_on });
            }
            UseTree::Glob(glob) => {
                // A name that nothing has: it is looked for in the module itself.
                let segments: Vec<_> = before.iter().cloned().chain(["*".to_owned()]).collect();
                let name = segments.join("::");
                let path = Written { segments, line: glob.star_token.spans[0].start().line };
                self.imports.insert(name, Import { path, handed_on });
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, handed_on);
                }
            }
        }
    }

    /// Paths in what a macro is given, which has no other shape than its tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        // How many colons were met since the last name.
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.note(std::mem::take(&mut path), line);
                        line = name.span().start().line;
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                other => {
                    self.note(std::mem::take(&mut path), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.note(path, line);
    }

    fn note(&mut self, segments: Vec<String>, line: usize) {
        if !segments.is_empty() {
            self.paths.push(Written { segments, line });
        }
    }
}

/// Whether only tests compile what stands under these attributes.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Const(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Type(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let tests = is_for_tests(&module.attrs);
        match &module.content {
            Some(_) if tests => {}
            Some(_) => visit::visit_item_mod(self, module),
            None => {
                let modules = if tests { &mut self.test_modules } else { &mut self.modules };
                modules.insert(module.ident.to_string());
            }
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let handed_on = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &[], handed_on);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.note(segments, line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}
