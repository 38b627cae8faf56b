// What an ESP32's MicroPython is as well: single precision, errors in words, no code made on board.
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_PY_HASHLIB_SHA256 (1)
#define MICROPY_PY_OS_SYSTEM (1)
#define MICROPY_PY_SYS_SETTRACE (0)
#define MICROPY_PERSISTENT_CODE_SAVE (0)
#define MICROPY_EMIT_X86 (0)
#include "ports/unix/variants/mpconfigvariant_common.h"
#undef MICROPY_ERROR_REPORTING
#define MICROPY_ERROR_REPORTING (MICROPY_ERROR_REPORTING_NORMAL)
