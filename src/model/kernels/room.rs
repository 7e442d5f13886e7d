//! Room for results that are written once and need not be cleared before.

use std::mem::MaybeUninit;

/// Uninitialised room for `len` numbers.
#[inline]
pub(super) fn room<T>(len: usize) -> Vec<MaybeUninit<T>> {
    let mut room = Vec::with_capacity(len);
    // SAFETY: uninitialised numbers are valid as `MaybeUninit`.
    unsafe { room.set_len(len) };
    room
}

/// # Safety
/// All of `room` must have been written.
#[inline]
pub(super) unsafe fn filled<T>(room: Vec<MaybeUninit<T>>) -> Vec<T> {
    let mut room = std::mem::ManuallyDrop::new(room);
    // SAFETY: the same allocation with the same layout, written by the caller.
    unsafe { Vec::from_raw_parts(room.as_mut_ptr().cast(), room.len(), room.capacity()) }
}
