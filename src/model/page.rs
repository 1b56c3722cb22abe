//! Pages and the texts of all content: Markdown that was read once, and what it refers to.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::{Fact, Id, Place};

/// A page of the site in one language: `content/pages/**/<slug>.md`, or the charter.
#[derive(Debug, Clone)]
pub struct Page {
    /// The last part of its address; `accueil` is the home page.
    pub slug: Id,
    /// The language it is written in.
    pub lang: String,
    /// The title.
    pub title: String,
    /// For menus; the title when absent.
    pub short_title: Option<String>,
    /// The title of the browser's tab when it may be read over a shoulder.
    pub tab_title: Option<String>,
    /// One sentence for search engines and sharing.
    pub description: String,
    /// In which menu it stands.
    pub menu: Option<Menu>,
    /// Rank in the menu.
    pub order: i64,
    /// When its text last changed.
    pub updated: Option<Date>,
    /// A banner, e.g. that the text is still to be validated.
    pub notice: Option<String>,
    /// The text.
    pub body: Body,
    /// What `{etapes}` shows.
    pub steps: Vec<Step>,
    /// What `{graphiques}` shows.
    pub charts: Vec<Chart>,
    /// What `{ressources}` shows.
    pub resources: Vec<ResourceEntry>,
    /// The components that the header fills, well or not.
    pub fills: Vec<Component>,
    /// The file.
    pub at: Place,
}

/// A menu of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// At the top.
    Main,
    /// At the foot.
    Footer,
}

impl Menu {
    /// Every menu, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[("principal", Self::Main), ("pied", Self::Footer)];
}

/// A Markdown text, turned into HTML once, with what the checks need to know of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Body {
    /// HTML and components, in order. Not stored: [`Body::unread`] says that they are still to be
    /// made from the source.
    #[serde(skip)]
    pub blocks: Vec<Block>,
    /// Whether an earlier build understood this text, and its blocks are not at hand.
    #[serde(skip, default = "stored")]
    pub unread: bool,
    /// Every heading.
    pub headings: Vec<Heading>,
    /// Every link.
    pub links: Vec<LinkRef>,
    /// Every image.
    pub images: Vec<ImageRef>,
    /// Every `à compléter`.
    pub missing: Vec<Place>,
}

/// What is stored of a [`Body`] has no blocks.
fn stored() -> bool {
    true
}

impl Body {
    /// The HTML of a text that has no component.
    #[must_use]
    pub fn html(&self) -> String {
        self.blocks.iter().map(|block| if let Block::Html(html) = block { html.as_str() } else { "" }).collect()
    }

    /// Puts every place of the text in `file`.
    pub(crate) fn put_in(&mut self, file: &std::sync::Arc<str>) {
        let headings = self.headings.iter_mut().map(|heading| &mut heading.at);
        let links = self.links.iter_mut().map(|link| &mut link.at);
        let images = self.images.iter_mut().map(|image| &mut image.at);
        for at in headings.chain(links).chain(images).chain(&mut self.missing) {
            at.file = std::sync::Arc::clone(file);
        }
    }
}

/// A piece of a [`Body`].
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// HTML made from Markdown.
    Html(String),
    /// A component that the template draws.
    Component(Component, Place),
}

/// What a line such as `{etapes}` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// The timeline of an evening.
    Steps,
    /// Bars and their table.
    Charts,
    /// Help lines and services.
    Resources,
    /// The next sessions.
    Upcoming,
    /// The partners.
    Partners,
    /// For whom the group is.
    Conditions,
    /// How to reach the team.
    Contact,
    /// The button that leads to the form.
    CallToAction,
    /// What the server keeps, and for how long.
    Retention,
    /// What each group says of children.
    Children,
    /// Where each group meets, and how to get in.
    Access,
}

impl Component {
    /// Every component, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[
        ("etapes", Self::Steps),
        ("graphiques", Self::Charts),
        ("ressources", Self::Resources),
        ("prochaines", Self::Upcoming),
        ("partenaires", Self::Partners),
        ("conditions", Self::Conditions),
        ("contact", Self::Contact),
        ("appel", Self::CallToAction),
        ("conservation", Self::Retention),
        ("enfants", Self::Children),
        ("acces", Self::Access),
    ];

    /// Its name in the content, and of its template in `templates/composants/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, component)| *component == self).map_or("", |(name, _)| name)
    }
}

/// A heading of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// 2 to 6 (the page's title is the only 1).
    pub level: u8,
    /// Its anchor.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Where it is written.
    pub at: Place,
}

/// A link of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRef {
    /// As it is written.
    pub target: String,
    /// Where it is written.
    pub at: Place,
}

/// An image of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRef {
    /// As it is written.
    pub path: String,
    /// The alternative text.
    pub alt: String,
    /// Whether it is said to be decorative, and so needs no alternative.
    pub decorative: bool,
    /// Where it is written.
    pub at: Place,
}

/// A moment of the evening.
#[derive(Debug, Clone)]
pub struct Step {
    /// When it begins.
    pub start: Time,
    /// When it ends.
    pub end: Option<Time>,
    /// Its name.
    pub title: String,
    /// What happens.
    pub text: String,
}

/// Bars on one axis, and the same as a table.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What is compared.
    pub title: String,
    /// What must be known to read it.
    pub note: Option<String>,
    /// The unit, written after each value.
    pub unit: String,
    /// The end of the axis.
    pub max: f64,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// A bar of a [`Chart`].
#[derive(Debug, Clone)]
pub struct Bar {
    /// What is counted.
    pub label: String,
    /// How much, in the chart's unit.
    pub value: f64,
    /// Whether the value is rounded by its source.
    pub approximate: bool,
    /// Who says so.
    pub source: Option<String>,
}

/// A help line or a service, with who says so and when it was last checked.
#[derive(Debug, Clone)]
pub struct ResourceEntry {
    /// Its name.
    pub name: String,
    /// Its number, as it is to be read.
    pub phone: Option<Fact<String>>,
    /// Whether it is written to (SMS) rather than called.
    pub by_text: bool,
    /// Its site.
    pub url: Option<Fact<String>>,
    /// What for.
    pub purpose: String,
    /// When it answers.
    pub hours: Option<Fact<String>>,
    /// Whether it is to be called when somebody is in danger now.
    pub emergency: bool,
    /// Who says so.
    pub source: String,
    /// When this was last checked.
    pub checked_on: Date,
    /// Where that is written.
    pub checked_at: Place,
}
