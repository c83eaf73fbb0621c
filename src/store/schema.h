// The tables of the store, and how an older file becomes a newer one.
#pragma once

#include "store/sqlite.h"

namespace podtap::store {

// Makes the tables in an empty file, or brings an older file's up to date, each step in a
// transaction of its own. A file of a newer podtap is an Error of kind kUnsupported.
Result<void> Migrate(Connection& connection);
// For readers: kUnsupported as above; an older file is kInput ("start podtap record").
Result<void> CheckSchema(Connection& connection);

}  // namespace podtap::store
