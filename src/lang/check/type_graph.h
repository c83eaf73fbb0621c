// Type variables: what must have the same type is one class.
//
// What enters: "these two are equal", "this one is a long", in the order of the
// text. What leaves: the type of each, whatever the order in which it became
// known. Every rule of the language is such an equality, so one pass over the
// program finds what SystemTap's repeated passes find.
#pragma once

#include <cstdint>
#include <vector>

#include "lang/tree.h"

namespace podtap::lang::check {

using TypeVar = uint32_t;

class TypeGraph {
 public:
  TypeGraph();
  TypeVar New();
  // The class of everything that is known to be of `type`; fresh if unknown.
  TypeVar Of(Type type);
  Type TypeOf(TypeVar var) { return types_[Find(var)]; }
  TypeVar Find(TypeVar var);
  // False, and nothing changes, when both are known and differ.
  bool Unify(TypeVar a, TypeVar b);

 private:
  std::vector<TypeVar> parents_;
  std::vector<Type> types_;
  std::vector<uint32_t> sizes_;
};

}  // namespace podtap::lang::check
