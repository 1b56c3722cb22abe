//! QR codes as SVG: level M, a quiet zone of four modules (ISO/IEC 18004), black on white whatever
//! the page's colours.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};

/// Modules of white around the code.
const QUIET_ZONE: usize = 4;

/// The side, in millimetres, from which a code is read at this distance in metres: a tenth of it.
#[must_use]
pub fn side(distance: f64) -> f64 {
    distance * 100.0
}

/// The modules on a side of the code of `text`; `None` when it is too long for any version (about
/// 2,300 bytes).
#[must_use]
pub fn modules(text: &str) -> Option<usize> {
    Some(QRBuilder::new(text).ecl(ECL::M).build().ok()?.size)
}

/// The code of `text` as SVG, `side` millimetres wide without its quiet zone; `None` when it is too
/// long for any version (about 2,300 bytes).
#[must_use]
pub fn svg(text: &str, side: f64) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let whole = code.size + 2 * QUIET_ZONE;
    let width = side * whole as f64 / code.size as f64;
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let run = (x..code.size).take_while(|column| code[y][*column].value()).count();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
            x += run.max(1);
        }
    }
    Some(format!(
        "<svg class=\"qr\" width=\"{width:.2}mm\" height=\"{width:.2}mm\" viewBox=\"0 0 {whole} {whole}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\" focusable=\"false\">\
         <rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_has_its_quiet_zone() {
        let svg = super::svg("http://127.0.0.1:8080/s/2027-03-17", 29.0).unwrap();
        assert!(svg.contains("viewBox=\"0 0 37 37\""), "{}", &svg[..120]);
        assert!(svg.contains("M4 4h7v1h-7z"));
        assert!(svg.contains("width=\"37.00mm\""), "{}", &svg[..120]);
        assert!(super::svg(&"x".repeat(4_000), 29.0).is_none());
    }
}
