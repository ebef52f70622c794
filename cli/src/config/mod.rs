//! Configuration lines: a table of commands that edit a [`Config`], and nothing else.

use crate::command::Mode;
use configs::Config;

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    /// Character of the line it is about, from 0; `None`: the line as a whole.
    pub column: Option<usize>,
    /// In words, without the leading `% `.
    pub message: String,
}

impl core::fmt::Display for EditError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for EditError {}

/// Applies one line typed in `mode` and answers the mode after it. On an error nothing has changed.
pub fn edit(config: &mut Config, mode: &Mode, line: &str) -> Result<Mode, EditError> {
    let _ = (config, mode, line);
    Err(EditError { column: None, message: "not yet".to_owned() })
}
