// The program's own code, as memory.
#pragma once

namespace podtap {

// Gives the pages of code and constants back that were read so far; what is needed again
// comes back from the page cache, some at a time. After a compiler has done its work, most
// of it isn't. Costs some tens of microseconds.
void ReleaseOwnCode();

}  // namespace podtap
