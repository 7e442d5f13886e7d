//! Finds what shaders must not do: branch, or end a loop, on uniforms alone.
//!
//! Mesa's software driver puts the values of such uniforms into the shader and compiles it anew for those of each picture.
//! What a value depends on is followed through expressions, local variables and calls. Whether an assignment happens is not
//! looked at, apart from `&&` and `||`, so a bound that starts with a uniform counts as one: rather a finding too many.

use std::collections::{BTreeSet, HashMap};

use naga::{AddressSpace, Arena, Block, Expression, Function, Handle, LocalVariable, Module, Span, Statement};

/// What a value depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Depends {
    on_uniforms: bool,
    /// On anything that differs between pixels or vertices.
    on_more: bool,
}

impl Depends {
    const UNIFORMS: Self = Self { on_uniforms: true, on_more: false };
    const MORE: Self = Self { on_uniforms: false, on_more: true };

    fn and(self, other: Self) -> Self {
        Self { on_uniforms: self.on_uniforms || other.on_uniforms, on_more: self.on_more || other.on_more }
    }

    fn is_uniforms_alone(self) -> bool {
        self.on_uniforms && !self.on_more
    }
}

/// The lines of a shader, from 1, that branch on uniforms alone, in any of its entry points.
pub fn branches_on_uniforms(text: &str) -> Vec<u32> {
    let module = naga::front::wgsl::parse_str(text).expect("valid WGSL");
    let mut lines = BTreeSet::new();
    for entry in &module.entry_points {
        let arguments = vec![Depends::MORE; entry.function.arguments.len()];
        Walk::new(&module, &entry.function, arguments).run(text, &mut lines);
    }
    lines.into_iter().collect()
}

/// One function, called with arguments that depend on this.
struct Walk<'a> {
    module: &'a Module,
    function: &'a Function,
    arguments: Vec<Depends>,
    locals: HashMap<Handle<LocalVariable>, Depends>,
    calls: HashMap<Handle<Expression>, Depends>,
    returned: Depends,
}

impl<'a> Walk<'a> {
    fn new(module: &'a Module, function: &'a Function, arguments: Vec<Depends>) -> Self {
        Self {
            module,
            function,
            arguments,
            locals: HashMap::new(),
            calls: HashMap::new(),
            returned: Depends::default(),
        }
    }

    /// Notes the lines and returns what the result depends on.
    fn run(mut self, text: &str, lines: &mut BTreeSet<u32>) -> Depends {
        for (handle, local) in self.function.local_variables.iter() {
            if let Some(init) = local.init {
                let depends = self.of(init);
                self.locals.insert(handle, depends);
            }
        }
        // What is assigned late in a loop is read early in it: until nothing more is learnt.
        loop {
            let before = (self.locals.clone(), self.calls.clone());
            self.block(&self.function.body, Depends::default(), text, &mut BTreeSet::new());
            if before == (self.locals.clone(), self.calls.clone()) {
                break;
            }
        }
        self.block(&self.function.body, Depends::default(), text, lines);
        self.returned
    }

    fn block(&mut self, block: &Block, condition: Depends, text: &str, lines: &mut BTreeSet<u32>) {
        for (statement, span) in block.span_iter() {
            self.statement(statement, *span, condition, text, lines);
        }
    }

    fn statement(&mut self, statement: &Statement, span: Span, under: Depends, text: &str, lines: &mut BTreeSet<u32>) {
        match statement {
            Statement::Block(block) => self.block(block, under, text, lines),
            Statement::If { condition, accept, reject } => {
                let depends = self.branch(*condition, span, text, lines);
                self.block(accept, depends, text, lines);
                self.block(reject, depends, text, lines);
            }
            Statement::Switch { selector, cases } => {
                let depends = self.branch(*selector, span, text, lines);
                for case in cases {
                    self.block(&case.body, depends, text, lines);
                }
            }
            Statement::Loop { body, continuing, break_if } => {
                self.block(body, under, text, lines);
                self.block(continuing, under, text, lines);
                if let Some(condition) = break_if {
                    self.branch(*condition, span, text, lines);
                }
            }
            Statement::Store { pointer, value } => {
                if let Some(local) = variable(&self.function.expressions, *pointer) {
                    // A variable without a name holds the result of `&&` or `||`.
                    let is_named = self.function.local_variables[local].name.is_some();
                    let assigned = self.of(*value).and(self.of(*pointer));
                    let assigned = if is_named { assigned } else { assigned.and(under) };
                    let depends = self.locals.entry(local).or_default();
                    *depends = depends.and(assigned);
                }
            }
            Statement::Call { function, arguments, result } => {
                let arguments = arguments.iter().map(|argument| self.of(*argument)).collect();
                let called = Walk::new(self.module, &self.module.functions[*function], arguments);
                let depends = called.run(text, lines);
                if let Some(result) = result {
                    self.calls.insert(*result, depends);
                }
            }
            Statement::Return { value: Some(value) } => self.returned = self.returned.and(self.of(*value)),
            _ => {}
        }
    }

    fn branch(&self, condition: Handle<Expression>, span: Span, text: &str, lines: &mut BTreeSet<u32>) -> Depends {
        let depends = self.of(condition);
        if depends.is_uniforms_alone() {
            // A loop has no condition of its own: its body breaks under an `if`, whose place is that of its words.
            let condition = self.function.expressions.get_span(condition);
            let place = if condition.is_defined() { condition } else { span };
            lines.insert(place.location(text).line_number);
        }
        depends
    }

    fn of(&self, expression: Handle<Expression>) -> Depends {
        let all = |parts: &[Handle<Expression>]| {
            parts.iter().fold(Depends::default(), |depends, part| depends.and(self.of(*part)))
        };
        match &self.function.expressions[expression] {
            Expression::Literal(_) | Expression::Constant(_) | Expression::Override(_) | Expression::ZeroValue(_) => {
                Depends::default()
            }
            Expression::Compose { components, .. } => all(components),
            Expression::Access { base, index } => all(&[*base, *index]),
            Expression::AccessIndex { base: value, .. }
            | Expression::Splat { value, .. }
            | Expression::Swizzle { vector: value, .. }
            | Expression::Load { pointer: value }
            | Expression::Unary { expr: value, .. }
            | Expression::Relational { argument: value, .. }
            | Expression::As { expr: value, .. } => self.of(*value),
            Expression::FunctionArgument(index) => self.arguments[*index as usize],
            Expression::GlobalVariable(variable) => match self.module.global_variables[*variable].space {
                AddressSpace::Uniform => Depends::UNIFORMS,
                _ => Depends::MORE,
            },
            Expression::LocalVariable(local) => self.locals.get(local).copied().unwrap_or_default(),
            Expression::Binary { left, right, .. } => all(&[*left, *right]),
            Expression::Select { condition, accept, reject } => all(&[*condition, *accept, *reject]),
            Expression::Math { arg, arg1, arg2, arg3, .. } => {
                let parts: Vec<_> = [Some(*arg), *arg1, *arg2, *arg3].into_iter().flatten().collect();
                all(&parts)
            }
            // The size of a texture is the same for every pixel.
            Expression::ImageQuery { .. } | Expression::ArrayLength(_) => Depends::UNIFORMS,
            Expression::CallResult(_) => self.calls.get(&expression).copied().unwrap_or_default(),
            _ => Depends::MORE,
        }
    }
}

/// The local variable that a pointer points into.
fn variable(expressions: &Arena<Expression>, pointer: Handle<Expression>) -> Option<Handle<LocalVariable>> {
    match &expressions[pointer] {
        Expression::LocalVariable(local) => Some(*local),
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => variable(expressions, *base),
        _ => None,
    }
}
