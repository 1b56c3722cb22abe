//! What is noted of a page.

use std::borrow::Cow;

/// What a page offers to other pages, what it needs from them, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    /// Every id and every `name` of an `a`, in the order of the page and with entities decoded.
    ///
    /// A repeated id is repeated here too. Empty ones are left out.
    pub ids: Vec<Cow<'a, str>>,
    /// Every address the page leads to or loads.
    ///
    /// An address is listed once for each kind, at the first place that has it.
    pub links: Vec<Link<'a>>,
    /// Everything that is wrong with the page, in the order of the page.
    pub flaws: Vec<Flaw<'a>>,
}

/// An address that a page leads to or loads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Link<'a> {
    /// The address as it is written, with entities decoded and without the white space around it.
    pub target: Cow<'a, str>,
    /// What the page does with the address.
    pub kind: LinkKind,
    /// The byte offset of the tag.
    pub at: usize,
}

/// What a page does with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LinkKind {
    /// It leads readers or machines to another document, or shows one in a frame.
    Page,
    /// It loads a file such as an image, a script or a style sheet.
    Asset,
    /// It sends a form there.
    Form,
}

/// Something that is wrong with a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flaw<'a> {
    /// What is wrong.
    pub kind: FlawKind<'a>,
    /// The byte offset of the tag.
    pub at: usize,
}

/// What can be wrong with a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FlawKind<'a> {
    /// An earlier element has the same id.
    DuplicateId(Cow<'a, str>),
    /// A heading is more than one level below the heading before it.
    HeadingSkipped {
        /// The level of the heading before.
        from: u8,
        /// The level of this heading.
        to: u8,
    },
    /// The document has no `h1`.
    NoMainHeading,
    /// The document already has an `h1`.
    SecondMainHeading,
    /// An image says nothing to those who cannot see it. Holds its `src`.
    ImageWithoutAlternative(Cow<'a, str>),
    /// A label belongs to no field. Holds its `for`, or nothing if it has none.
    LabelWithoutField(Cow<'a, str>),
    /// A field has neither a label nor another name. Holds its `name`, its `id` or nothing.
    FieldWithoutLabel(Cow<'a, str>),
}
