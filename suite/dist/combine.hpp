// Element by element: what an all-reduce does with two ranks' values.
#pragma once

#include "suite/dist/communicator.hpp"

namespace suite::dist {

/// into[i] = reduction(into[i], from[i]); `from` holds as many elements of the same type. The result does not
/// depend on which of the two is which: minimum and maximum of a NaN are NaN, of zeros the negative and the
/// positive one; 16-bit floats are added in float32 and rounded to nearest even.
void combine(Buffer into, const void* from, Reduction reduction) noexcept;

/// Throws Error(usage) for elements that have no reduction (byte).
void check_reducible(Element element);

} // namespace suite::dist
