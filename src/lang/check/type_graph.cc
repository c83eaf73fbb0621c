#include "lang/check/type_graph.h"

#include <utility>

namespace podtap::lang::check {

TypeGraph::TypeGraph() {
  for (const Type type : {Type::kUnknown, Type::kLong, Type::kString, Type::kStats}) {
    New();
    types_.back() = type;
  }
}

TypeVar TypeGraph::New() {
  parents_.push_back(static_cast<TypeVar>(parents_.size()));
  types_.push_back(Type::kUnknown);
  sizes_.push_back(1);
  return parents_.back();
}

TypeVar TypeGraph::Of(Type type) {
  return type == Type::kUnknown ? New() : static_cast<TypeVar>(type);
}

TypeVar TypeGraph::Find(TypeVar var) {
  while (parents_[var] != var) {
    parents_[var] = parents_[parents_[var]];
    var = parents_[var];
  }
  return var;
}

bool TypeGraph::Unify(TypeVar a, TypeVar b) {
  a = Find(a);
  b = Find(b);
  if (a == b) return true;
  if (types_[a] == Type::kUnknown) std::swap(a, b);  // now only b may be unknown alone
  if (types_[b] != Type::kUnknown && types_[a] != types_[b]) return false;
  const Type type = types_[a];
  if (sizes_[a] < sizes_[b]) std::swap(a, b);
  parents_[b] = a;
  sizes_[a] += sizes_[b];
  types_[a] = type;
  return true;
}

}  // namespace podtap::lang::check
