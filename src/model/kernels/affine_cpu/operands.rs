//! What is multiplied: members of populations.

/// The operands, each with its population, which is 1 where it is shared.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::kernels) struct Operands<'a, T> {
    /// `[Px, n, h, w, c]`
    pub x: (&'a [T], usize),
    /// `[Pw, o, c/groups, kh, kw]`
    pub weight: (&'a [T], usize),
}

/// A member's part of a population.
#[inline]
pub(super) fn member<T>((all, population): (&[T], usize), member: usize) -> &[T] {
    let len = all.len() / population;
    let member = if population == 1 { 0 } else { member };
    &all[member * len..(member + 1) * len]
}
