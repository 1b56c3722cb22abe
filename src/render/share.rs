//! stub
pub(super) fn png(_svg: &str, _width: u32, _height: u32) -> Result<Vec<u8>, String> { Ok(Vec::new()) }
