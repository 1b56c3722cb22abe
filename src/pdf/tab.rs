//! One sheet in one tab of the browser: opened, measured, printed.

use chromiumoxide::{
    Page,
    cdp::{
        browser_protocol::{
            emulation::SetDeviceMetricsOverrideParams,
            page::{CaptureScreenshotFormat, PrintToPdfParams, Viewport},
        },
        js_protocol::runtime::EvaluateParams,
    },
    error::CdpError,
    page::ScreenshotParams,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{fault::Fault, geometry::Geometry, job::Job};

/// A CSS pixel is a 96th of an inch.
const PIXELS: f64 = 96.0 / 25.4;
/// What is nearer to the cut may be cut, in millimetres.
const MARGIN: f64 = 4.0;
/// From where people hold a sheet in their hands, in metres.
const DISTANCE: f64 = 0.25;
/// The finest module that an ordinary telephone reads, in millimetres.
const MODULE: f64 = 0.4;

/// What `measure.js` answers.
#[derive(Debug, Deserialize)]
struct Measured {
    faults: Vec<Fault>,
    /// The words of each sheet, as they are read.
    texts: Vec<String>,
}

/// What a tab made of a sheet.
#[derive(Debug)]
pub(super) struct SheetCapture {
    pub(super) faults: Vec<Fault>,
    pub(super) texts: Vec<String>,
    pub(super) pdf: Vec<u8>,
}

/// Opens a page, measures it and prints it.
pub(super) async fn print(tab: &Page, url: &str, job: &Job) -> Result<SheetCapture, CdpError> {
    let sheet = Geometry::new(job.width_mm, job.height_mm, job.press.as_ref());
    tab.execute(screen(&sheet)).await?;
    tab.goto(url).await?;
    if job.press.is_some() {
        let Geometry { width, height, bleed, margin, .. } = sheet;
        let page = json!({ "width": width, "height": height, "bleed": bleed, "margin": margin });
        let _: Value = call(tab, include_str!("press.js"), &page).await?;
    }
    let limits = json!({ "margin": MARGIN, "distance": DISTANCE, "module": MODULE });
    let Measured { faults, texts } = call(tab, include_str!("measure.js"), &limits).await?;
    if let Some(word) = &job.proof {
        // Once everything was measured: the word itself leaves no sheet as it was.
        let _: Value = call(tab, include_str!("proof.js"), &json!(word)).await?;
    }
    let pdf = if job.picture { tab.screenshot(preview(&sheet)).await? } else { tab.pdf(paper()).await? };
    Ok(SheetCapture { faults, texts, pdf })
}

/// A screen as wide as the paper, for the rules that ask for its width.
#[allow(clippy::cast_possible_truncation, reason = "a sheet is some thousands of pixels")]
fn screen(sheet: &Geometry) -> SetDeviceMetricsOverrideParams {
    let (width, height) = sheet.page();
    let pixels = |millimetres: f64| (millimetres * PIXELS).ceil() as i64;
    SetDeviceMetricsOverrideParams::new(pixels(width), pixels(height), 1.0, false)
}

/// The width of a picture to choose by, in pixels.
const PREVIEW: f64 = 360.0;

/// The first page as it is printed: the measures have turned the page to paper by then.
fn preview(sheet: &Geometry) -> ScreenshotParams {
    let (width, height) = sheet.page();
    let (width, height) = (width * PIXELS, height * PIXELS);
    let clip = Viewport { x: 0.0, y: 0.0, width, height, scale: PREVIEW / width.max(height) };
    ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).clip(clip).capture_beyond_viewport(true).build()
}

/// No backgrounds: the sheet is what anybody's own printer would make of the page, and all that
/// counts on it is lines, texts and drawings. A template that needs one says so
/// (`print-color-adjust: exact`), and gets it everywhere.
fn paper() -> PrintToPdfParams {
    PrintToPdfParams::builder()
        .prefer_css_page_size(true)
        .print_background(false)
        .generate_tagged_pdf(true)
        .generate_document_outline(true)
        .build()
}

/// Calls a function of ours in the page with one argument.
async fn call<T: DeserializeOwned>(tab: &Page, function: &str, argument: &Value) -> Result<T, CdpError> {
    let function = function.trim_end().trim_end_matches(';');
    let expression = format!("({function}\n)({argument})");
    let parameters = EvaluateParams::builder().expression(expression).await_promise(true).return_by_value(true).build();
    let answer = tab.execute(parameters.map_err(CdpError::msg)?).await?.result;
    if let Some(exception) = answer.exception_details {
        return Err(CdpError::JavascriptException(Box::new(exception)));
    }
    Ok(serde_json::from_value(answer.result.value.unwrap_or(Value::Null))?)
}
