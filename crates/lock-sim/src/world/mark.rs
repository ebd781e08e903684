//! What tells one state of a world from another: a mark of 128 bits.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use lock_core::{Millis, ShapeWriter};

use super::world::World;

impl World {
    /// Equal for states that go on alike. It is made of the shapes of all machines, tables and frames under way, and of what
    /// the promises remember of searches; not of the seed, so it means something only while links and clocks are
    /// perfect, nor of what has happened. Of what matters only as time passes, or to claims that are to come, it tells if
    /// there will be any of that.
    pub fn mark(&self, time_goes_on: bool, claims_come: bool) -> u128 {
        let mut shape = ShapeWriter::new(Millis(self.now), time_goes_on, claims_come);
        shape.plain(&self.homes);
        self.network.write_shape(&mut shape);
        for (name, site) in &self.sites {
            shape.plain(&(site.incarnation, site.frozen));
            shape.each(&site.process, |shape, process| {
                process.machine.write_shape(shape);
                process.table.write_shape(name, shape);
            });
        }
        shape.each(&self.promises, |shape, promise| shape.plain(&promise.remembers(self)));
        let shape = shape.finish();
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &shape).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        (half(0) << 64) | half(1)
    }
}
