//! Which tensors of a graph are maps of the picture: positions are followed from the input through every operator.
//!
//! The rank of a tensor does not tell: attention matrices [heads, tokens, tokens] look like maps and are none, and what a
//! transformer cuts into windows and puts together again is one. So every tensor carries tables: over some of its axes, the
//! row and the column in the input at which an element lies. Reshaping regroups a table, slicing and joining cut and join it,
//! a convolution moves it to the centres of its windows, a product drops what it sums over. A tensor is a map where it
//! has one table, over two neighbouring axes, of which the first tells the row alone and the second the column alone.
//!
//! An attention matrix has two tables, that of its queries and that of its keys, until a product with the values sums over
//! the keys. Positions that were shifted around the picture's edges have a table that does not ascend.

mod operators;

use std::collections::{HashMap, HashSet};

use tract_onnx::prelude::*;

use super::places::{Place, Table};
use super::trace::Layout;

use operators::keeps_linear;

/// A tensor of more tables than this is not followed any further.
const MOST_TABLES: usize = 3;

/// How far, in steps from one position to the next, maps may reach over the picture's edge: padding does that.
const OVER_THE_EDGE: f32 = 1.5;

/// Maps whose positions span less of the picture than this show a part of it only.
const SMALLEST_SPAN: f32 = 0.4;

/// What a tensor tells of places; `None` where that could not be followed.
type Tables = Option<Vec<Table>>;

/// What is known of every tensor that depends on the picture.
pub(super) struct Positions {
    layouts: HashMap<OutletId, Option<Layout>>,
    /// Tensors that are a linear function of the picture: nothing was recognised yet.
    linear: HashSet<OutletId>,
    /// Tensors that have the picture's positions in a row.
    tokens: HashSet<OutletId>,
    /// Those in which they are a grid.
    grids: HashMap<OutletId, Grid>,
}

/// The picture's positions in the tokens of a tensor [1, tokens, channels], [1, channels, tokens] or [tokens, 1, channels]. Tokens that
/// stand for no place, those of the class, of distillation or registers, are in none of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    /// The axis of tokens.
    pub axis: usize,
    /// Tokens in all.
    pub count: usize,
    /// Rows and columns of the grid.
    pub sides: [usize; 2],
    /// The token of each position, row-major.
    pub tokens: Vec<usize>,
}

impl Positions {
    /// Follows positions from the input of `graph`, a picture of `layout`, to every tensor in `order`.
    pub fn follow(graph: &TypedModel, order: &[usize], layout: Layout) -> TractResult<Positions> {
        let input = graph.input_outlets()?[0];
        let first = match layout {
            Layout::ChannelsFirst => 2,
            Layout::ChannelsLast => 1,
        };
        let dims = shape(graph, input);
        let side = |axis: usize| dims.get(axis).copied().unwrap_or(1);
        let (height, width) = (side(first), side(first + 1));
        let picture = Table::of_picture(first, height, width);
        let mut walk = Walk {
            graph,
            size: [height as f32, width as f32],
            tables: HashMap::from([(input, Some(vec![picture]))]),
            found: Positions {
                layouts: HashMap::new(),
                linear: HashSet::from([input]),
                tokens: HashSet::new(),
                grids: HashMap::new(),
            },
        };
        walk.found.layouts.insert(input, None);
        let mut last_reader: HashMap<OutletId, usize> = HashMap::new();
        for &node in order {
            last_reader.extend(graph.node(node).inputs.iter().map(|&outlet| (outlet, node)));
        }
        for &id in order {
            let node = graph.node(id);
            if id != input.node {
                walk.pass(node);
            }
            // Tables are large; what nobody reads any more is let go.
            for outlet in node.inputs.iter().filter(|outlet| last_reader.get(outlet) == Some(&id)) {
                walk.tables.remove(outlet);
            }
        }
        Ok(walk.found)
    }

    /// Whether a tensor depends on the picture.
    pub fn depends_on_picture(&self, outlet: OutletId) -> bool {
        self.layouts.contains_key(&outlet)
    }

    /// Whether a tensor is a linear function of the picture.
    pub fn is_linear(&self, outlet: OutletId) -> bool {
        self.linear.contains(&outlet)
    }

    /// How a tensor [1, channels, height, width] or [1, height, width, channels] lies, if it is a map of the picture.
    pub fn layout(&self, outlet: OutletId) -> Option<Layout> {
        self.layouts.get(&outlet).copied().flatten()
    }

    /// Whether a tensor has the picture's positions as tokens: one axis tells rows and columns.
    pub fn are_tokens(&self, outlet: OutletId) -> bool {
        self.tokens.contains(&outlet)
    }

    /// The grid that a tensor's tokens are, if they are one.
    pub fn grid(&self, outlet: OutletId) -> Option<&Grid> {
        self.grids.get(&outlet)
    }
}

/// The way through a graph.
struct Walk<'a> {
    graph: &'a TypedModel,
    /// Height and width of the input.
    size: [f32; 2],
    /// Of the tensors that are still to be read.
    tables: HashMap<OutletId, Tables>,
    found: Positions,
}

impl Walk<'_> {
    fn pass(&mut self, node: &TypedNode) {
        let depends = |outlet: &&OutletId| self.found.layouts.contains_key(outlet);
        let dependent: Vec<OutletId> = node.inputs.iter().filter(depends).copied().collect();
        if dependent.is_empty() {
            return;
        }
        let linear =
            keeps_linear(node, dependent.len()) && dependent.iter().all(|outlet| self.found.linear.contains(outlet));
        let made = self.after(node);
        for (slot, tables) in made.into_iter().enumerate() {
            let outlet = OutletId::new(node.id, slot);
            let dims = shape(self.graph, outlet);
            let tables = tables.filter(|tables| tables.len() <= MOST_TABLES);
            self.found.layouts.insert(outlet, tables.as_ref().and_then(|tables| self.layout(tables, &dims)));
            let in_a_row =
                |table: &Table| (0..table.axes.len()).any(|axis| (0..2).all(|side| table.varies(axis, side)));
            if dims.len() < 5 && tables.iter().flatten().any(in_a_row) {
                self.found.tokens.insert(outlet);
            }
            if let Some(grid) = tables.as_ref().and_then(|tables| self.grid(tables, &dims)) {
                self.found.grids.insert(outlet, grid);
            }
            if linear {
                self.found.linear.insert(outlet);
            }
            self.tables.insert(outlet, tables);
        }
    }

    /// The layout of a tensor of shape `dims`, if it is a map.
    fn layout(&self, tables: &[Table], dims: &[usize]) -> Option<Layout> {
        let ([table], &[1, a, b, c]) = (tables, dims) else { return None };
        let layouts = [(Layout::ChannelsFirst, 2, [b, c]), (Layout::ChannelsLast, 1, [a, b])];
        let is_map = |&(_, first, sides): &(Layout, usize, [usize; 2])| {
            // An axis of one position has no place in a table.
            let told: Vec<usize> = (0..2).filter(|&side| sides[side] > 1).collect();
            !told.is_empty()
                && table.axes == told.iter().map(|side| first + side).collect::<Vec<_>>()
                && told.iter().enumerate().all(|(axis, &side)| self.tells(table, axis, side))
        };
        layouts.into_iter().find(is_map).map(|(layout, ..)| layout)
    }

    /// The grid that the tokens of a tensor of shape `dims` are.
    fn grid(&self, tables: &[Table], dims: &[usize]) -> Option<Grid> {
        let ([table], &[_, _, _]) = (tables, dims) else { return None };
        let &[axis] = &table.axes[..] else { return None };
        // One picture, and one axis of channels.
        let (count, others) = (dims[axis], dims.iter().enumerate().filter(|&(other, &dim)| other != axis && dim > 1));
        if others.count() != 1 || dims[usize::from(axis == 0)] != 1 {
            return None;
        }
        let places = table.along(0);
        let has_place = |place: &&Place| place.iter().all(|side| side.is_finite());
        let sides: [Vec<f32>; 2] = std::array::from_fn(|side| {
            let mut lines: Vec<f32> = places.iter().filter(has_place).map(|place| place[side]).collect();
            lines.sort_by(f32::total_cmp);
            lines.dedup();
            lines
        });
        let line = |side: usize, at: f32| sides[side].iter().position(|&line| line == at);
        let mut tokens = vec![None; sides[0].len().checked_mul(sides[1].len()).filter(|&all| all <= count)?];
        for (token, place) in places.iter().enumerate().filter(|(_, place)| has_place(place)) {
            let at = line(0, place[0])? * sides[1].len() + line(1, place[1])?;
            if tokens[at].replace(token).is_some() {
                return None;
            }
        }
        let tokens: Option<Vec<usize>> = tokens.into_iter().collect();
        let is_picture = |side: usize| sides[side].len() > 1 && self.reaches_over(&sides[side], side);
        let sides = [0, 1].iter().all(|&side| is_picture(side)).then(|| [sides[0].len(), sides[1].len()])?;
        Some(Grid { axis, count, sides, tokens: tokens? })
    }

    /// Whether an axis of a table tells rows (`side` 0) or columns (1) and nothing else, ascending and over most of the picture.
    fn tells(&self, table: &Table, axis: usize, side: usize) -> bool {
        if !table.is_finite() || table.varies(axis, 1 - side) {
            return false;
        }
        let places: Vec<f32> = table.along(axis).iter().map(|place| place[side]).collect();
        self.reaches_over(&places, side)
    }

    /// Whether places on a side ascend, and over most of the picture.
    fn reaches_over(&self, places: &[f32], side: usize) -> bool {
        let (first, last) = (places[0], places[places.len() - 1]);
        let step = (last - first) / (places.len() - 1) as f32;
        let over = OVER_THE_EDGE * step;
        let picture = self.size[side];
        places.windows(2).all(|pair| pair[0] < pair[1])
            && first >= -over
            && last <= picture - 1.0 + over
            && places.len() as f32 * step >= SMALLEST_SPAN * picture
    }
}

/// The shape of a tensor; empty where it is not known.
fn shape(graph: &TypedModel, outlet: OutletId) -> Vec<usize> {
    let fact = graph.outlet_fact(outlet).ok();
    fact.and_then(|fact| fact.shape.as_concrete().map(<[usize]>::to_vec)).unwrap_or_default()
}
