// Looking through a tree without lowering it.
#pragma once

#include <functional>
#include <set>

#include "lang/tree.h"

namespace podtap::lower {

using ExprVisitor = std::function<void(const lang::Expr&)>;
using StmtVisitor = std::function<void(const lang::Stmt&)>;

// Every expression and statement below, outermost first. Either may be empty.
void Walk(const lang::Expr& expr, const ExprVisitor& on_expr);
void Walk(const lang::Stmt& stmt, const ExprVisitor& on_expr, const StmtVisitor& on_stmt);

// The locals that running this may assign.
std::set<uint32_t> AssignedLocals(const lang::Script& script, const lang::Expr& expr);
std::set<uint32_t> AssignedLocals(const lang::Script& script, const lang::Stmt& stmt);
// How many places in it assign that local.
size_t CountAssignments(const lang::Script& script, const lang::Stmt& stmt, uint32_t local);

// Whether it may be computed later, again, or never, without anybody noticing:
// it changes nothing, prints nothing and reads no global that changes.
bool IsPure(const lang::Script& script, const lang::Expr& expr);

}  // namespace podtap::lower
