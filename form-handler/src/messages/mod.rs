//! What is written to people: letters, and text messages to who asked for some.
//!
//! A message is a row, written by the store in the transaction of what it tells; its words are
//! found when it is sent, by the templates of `templates/courriels/`. Nothing is ever sent inside a
//! transaction, and an answer to a parent never waits for a mail server.
//!
//! *Discreet by default*: subject, sender and the first lines show on a locked screen, which
//! somebody else may be looking at. They say that an answer came, never to what.

mod calendar;
mod gateway;
mod gsm;
mod html;
mod letter;
mod mail_server;
mod sender;
mod smtp;
mod sweep;
mod text;
mod transport;
mod trial;
mod view;
mod worker;

pub(crate) use calendar::{Appointment, CALENDAR_TYPE, status_of};
pub use gateway::GatewayAddress;
pub use letter::{Letter, Letters, Parcel};
pub use mail_server::MailServer;
pub use sender::Sender;
pub use smtp::{Blame, SendError, Smtp};
pub use sweep::sweep;
pub use text::TextMessage;
pub(crate) use transport::scheme_of;
pub use transport::{Mail, Sms, Transport};
pub use trial::trial;
pub(crate) use view::instant;
pub use worker::{Worker, outage, pause};

#[cfg(test)]
mod tests;
