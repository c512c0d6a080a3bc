//! A time zone that no clock of the world shows: a template that prints the time in its own zone prints another
//! second, day and year in it, so that a second rendering tells what came from the clock.

/// 400 days, 1 hour, 1 minute and 1 second.
const OFFSET_SECONDS: i32 = 400 * 86_400 + 3_661;

/// The zone's file in the format of RFC 9636, version 1: one type of local time and no transitions.
pub(crate) fn file() -> Vec<u8> {
    let mut bytes = b"TZif\0".to_vec();
    bytes.extend([0; 15]);
    // Counts: UT/local marks, standard/wall marks, leap seconds, transitions, types, letters of abbreviations.
    for count in [0_u32, 0, 0, 0, 1, 4] {
        bytes.extend(count.to_be_bytes());
    }
    bytes.extend(OFFSET_SECONDS.to_be_bytes());
    // No daylight saving, and the abbreviation begins at the first letter.
    bytes.extend([0, 0]);
    bytes.extend(b"ODD\0");
    bytes
}
