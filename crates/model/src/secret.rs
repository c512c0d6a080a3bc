//! Secret text: never printed, never compared by accident, wiped when dropped.

use zeroize::Zeroizing;

/// Text that must not be seen: it has no `Debug`, no `Display` and no serialisation, and its memory is
/// wiped on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Shows the text to the one place that has to send or seal it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
