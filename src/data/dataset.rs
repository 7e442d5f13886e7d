//! Labelled examples.

use crate::config::Real;

/// Labelled examples of one shape, in 32 bits or, for what computes with them, in 64.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset<T = f32> {
    /// The inputs, row major `[n, …shape]`.
    pub x: Vec<T>,
    /// Shape of one example: `[features]`, `[channels, height, width]`, or `[tokens]` as whole numbers with −1 for padding. Of
    /// images with their texts, the numbers of both: an image and then its tokens.
    pub shape: Vec<usize>,
    /// What a model should say of each example.
    pub y: Labels<T>,
}

/// What a model should say of each example.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels<T = f32> {
    /// A class.
    Classes {
        /// The class of each example, `[n]`, each below `count`.
        of: Vec<u32>,
        /// Number of classes.
        count: usize,
    },
    /// Numbers, for regression.
    Values {
        /// Row-major `[n, outputs]`.
        of: Vec<T>,
        /// Numbers of one example, at least 1.
        outputs: usize,
    },
    /// A class for each token of an example.
    Tokens {
        /// Row-major `[n, tokens]`; −100 where a target does not count.
        of: Vec<i32>,
        /// Tokens of one example, at least 1.
        tokens: usize,
        /// Number of classes.
        vocabulary: usize,
    },
    /// None: the image and the text of one example belong together.
    Pairs {
        /// Number of examples.
        count: usize,
    },
}

impl<T: Real> Labels<T> {
    /// Number of examples.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Classes { of, .. } => of.len(),
            Self::Values { of, outputs } => of.len() / *outputs,
            Self::Tokens { of, tokens, .. } => of.len() / *tokens,
            Self::Pairs { count } => *count,
        }
    }

    /// Whether there is no example.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of the examples with these indices, in their order.
    ///
    /// # Panics
    /// When an index names no example.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        match self {
            Self::Classes { of, count } => {
                Self::Classes { of: indices.iter().map(|&i| of[i as usize]).collect(), count: *count }
            }
            Self::Values { of, outputs } => {
                let row = |&i: &u32| &of[i as usize * outputs..(i as usize + 1) * outputs];
                Self::Values { of: indices.iter().flat_map(row).copied().collect(), outputs: *outputs }
            }
            Self::Tokens { of, tokens, vocabulary } => {
                let row = |&i: &u32| &of[i as usize * tokens..(i as usize + 1) * tokens];
                let of = indices.iter().flat_map(row).copied().collect();
                Self::Tokens { of, tokens: *tokens, vocabulary: *vocabulary }
            }
            Self::Pairs { .. } => Self::Pairs { count: indices.len() },
        }
    }

    /// The first `n`, of which there are at least as many.
    fn first(&self, n: usize) -> Self {
        match self {
            Self::Classes { of, count } => Self::Classes { of: of[..n].to_vec(), count: *count },
            Self::Values { of, outputs } => Self::Values { of: of[..n * outputs].to_vec(), outputs: *outputs },
            Self::Tokens { of, tokens, vocabulary } => {
                Self::Tokens { of: of[..n * tokens].to_vec(), tokens: *tokens, vocabulary: *vocabulary }
            }
            Self::Pairs { .. } => Self::Pairs { count: n },
        }
    }
}

impl<T: Real> Dataset<T> {
    /// Number of examples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// Whether there is no example.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    /// Numbers of one example: the product of its shape.
    #[must_use]
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// The inputs of example `i`, `[features]`.
    ///
    /// # Panics
    /// When there is no example `i`.
    #[must_use]
    pub fn example(&self, i: usize) -> &[T] {
        let features = self.features();
        &self.x[i * features..(i + 1) * features]
    }

    /// The examples with these indices, in their order.
    ///
    /// # Panics
    /// When an index names no example.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        let mut x = Vec::with_capacity(indices.len() * self.features());
        for &i in indices {
            x.extend_from_slice(self.example(i as usize));
        }
        Self { x, shape: self.shape.clone(), y: self.y.select(indices) }
    }

    /// The first `n` examples, or all of them where there are fewer.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        let n = n.min(self.len());
        Self { x: self.x[..n * self.features()].to_vec(), shape: self.shape.clone(), y: self.y.first(n) }
    }

    /// The class of each example; nothing where examples have none.
    #[must_use]
    pub fn classes(&self) -> &[u32] {
        match &self.y {
            Labels::Classes { of, .. } => of,
            Labels::Values { .. } | Labels::Tokens { .. } | Labels::Pairs { .. } => &[],
        }
    }

    /// Number of classes, of examples or of their tokens; 0 without.
    #[must_use]
    pub const fn num_classes(&self) -> usize {
        match &self.y {
            Labels::Classes { count, .. } => *count,
            Labels::Tokens { vocabulary, .. } => *vocabulary,
            Labels::Values { .. } | Labels::Pairs { .. } => 0,
        }
    }

    /// How many examples each class has, `[classes]`; nothing for regression.
    #[must_use]
    pub fn class_counts(&self) -> Vec<usize> {
        let Labels::Classes { of, count } = &self.y else { return Vec::new() };
        let mut counts = vec![0; *count];
        for &class in of {
            counts[class as usize] += 1;
        }
        counts
    }
}
