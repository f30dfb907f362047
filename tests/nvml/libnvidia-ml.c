/* A stand-in for NVIDIA's libnvidia-ml.so.1: the functions that Cardwatch calls, with NVML's own signatures.
 *
 * What it answers stands in the file that the environment variable NVML_STATE names, one "NAME VALUE" a line,
 * looked at again whenever the file has changed. A VALUE of "!N" makes the function return error N. Names:
 *   init, driver          nvmlInit; every other function (a driver that goes away while it is used)
 *   count                 number of GPUs (2 if not given)
 *   0.gone                GPU 0: every function ("!15": fallen off the bus)
 *   0.utilization, 0.memory_copy, 0.used_mib, 0.free_mib, 0.temperature, 0.power_mw, 0.limit_mw, 0.energy_mj,
 *   0.sm_mhz, 0.mem_mhz, 0.reasons, 0.replay, 0.violation_ns, 0.ecc, 0.pid, 0.pid_mib, 0.xid, 0.uuid
 * A name that is not given has the default that stands below.
 *
 * -DOLD_DRIVER leaves out what only drivers since 535 have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, INSUFFICIENT_SIZE = 7, TIMEOUT = 10 };
enum { GPUS = 8, LINES = 128 };

typedef struct { int index; } gpu_t;
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned long long referenceTime, violationTime; } violation_t;
typedef struct {
    char busIdLegacy[16];
    unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
} pci_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gpu_instance, compute_instance; } process_t;
typedef struct {
    gpu_t *device;
    unsigned long long type, data;
    unsigned int gpu_instance, compute_instance;
} event_t;

static gpu_t gpus[GPUS] = {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}};
static long long told_xid[GPUS];
static int running;
static struct { char name[32], value[32]; } state[LINES];
static int lines;

static void look(void) {
    static struct timespec changed;
    static off_t size = -1;
    const char *path = getenv("NVML_STATE");
    struct stat now;
    FILE *file;
    if (path == NULL || stat(path, &now) != 0) { lines = 0; size = -1; return; }
    if (size == now.st_size && memcmp(&changed, &now.st_mtim, sizeof changed) == 0) return;
    changed = now.st_mtim;
    size = now.st_size;
    lines = 0;
    file = fopen(path, "r");
    while (file != NULL && lines < LINES && fscanf(file, "%31s %31s", state[lines].name, state[lines].value) == 2)
        lines++;
    if (file != NULL) fclose(file);
}

static const char *text(const char *name) {
    for (int i = 0; i < lines; i++)
        if (strcmp(state[i].name, name) == 0) return state[i].value;
    return NULL;
}

/* The error that NAME stands for, or OK and the number in *value. */
static int number(const char *name, long long fallback, long long *value) {
    const char *found = text(name);
    if (found != NULL && found[0] == '!') return atoi(found + 1);
    *value = found == NULL ? fallback : atoll(found);
    return OK;
}

static int driver(void) {
    long long ignored;
    look();
    return running ? number("driver", 0, &ignored) : UNINITIALIZED;
}

static int of_gpu(gpu_t *gpu, const char *name, long long fallback, long long *value) {
    char full[64];
    int error = driver();
    if (error != OK) return error;
    if (gpu < gpus || gpu >= gpus + GPUS) return INVALID_ARGUMENT;
    snprintf(full, sizeof full, "%d.gone", gpu->index);
    if ((error = number(full, 0, value)) != OK) return error;
    snprintf(full, sizeof full, "%d.%s", gpu->index, name);
    return number(full, fallback, value);
}

static int as_uint(gpu_t *gpu, const char *name, long long fallback, unsigned int *out) {
    long long value;
    int error = of_gpu(gpu, name, fallback, &value);
    if (error == OK) *out = (unsigned int)value;
    return error;
}

static int as_ull(gpu_t *gpu, const char *name, long long fallback, unsigned long long *out) {
    long long value;
    int error = of_gpu(gpu, name, fallback, &value);
    if (error == OK) *out = (unsigned long long)value;
    return error;
}

int nvmlInitWithFlags(unsigned int flags) {
    long long ignored;
    int error;
    (void)flags;
    look();
    error = number("init", 0, &ignored);
    if (error == OK) running++;
    return error;
}

int nvmlShutdown(void) {
    if (!running) return UNINITIALIZED;
    running--;
    return OK;
}

const char *nvmlErrorString(int error) {
    static char said[32];
    snprintf(said, sizeof said, "error %d", error);
    return said;
}

int nvmlSystemGetDriverVersion(char *version, unsigned int length) {
    snprintf(version, length, "580.0.0");
    return driver();
}

int nvmlDeviceGetCount_v2(unsigned int *count) {
    long long value;
    int error = driver();
    if (error == OK && (error = number("count", 2, &value)) == OK) *count = (unsigned int)value;
    return error;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, gpu_t **gpu) {
    long long value;
    if (index >= GPUS) return INVALID_ARGUMENT;
    *gpu = &gpus[index];
    return of_gpu(*gpu, "handle", 0, &value);
}

int nvmlDeviceGetUUID(gpu_t *gpu, char *uuid, unsigned int length) {
    char name[32];
    long long value;
    int error = of_gpu(gpu, "index", 0, &value);
    if (error != OK) return error;
    snprintf(name, sizeof name, "%d.uuid", gpu->index);
    if (text(name) != NULL) snprintf(uuid, length, "%s", text(name));
    else snprintf(uuid, length, "GPU-stand-in-%d", gpu->index);
    return OK;
}

int nvmlDeviceGetName(gpu_t *gpu, char *name, unsigned int length) {
    long long value;
    snprintf(name, length, "NVIDIA Stand-in");
    return of_gpu(gpu, "name", 0, &value);
}

int nvmlDeviceGetPciInfo_v3(gpu_t *gpu, pci_t *pci) {
    long long value;
    int error = of_gpu(gpu, "pci", 0, &value);
    memset(pci, 0, sizeof *pci);
    if (error == OK) snprintf(pci->busId, sizeof pci->busId, "00000000:%02X:00.0", gpu->index + 1);
    return error;
}

int nvmlDeviceGetUtilizationRates(gpu_t *gpu, utilization_t *rates) {
    int error = as_uint(gpu, "utilization", 37, &rates->gpu);
    return error != OK ? error : as_uint(gpu, "memory_copy", 12, &rates->memory);
}

int nvmlDeviceGetMemoryInfo(gpu_t *gpu, memory_t *memory) {
    int error = as_ull(gpu, "used_mib", 1024, &memory->used);
    if (error != OK || (error = as_ull(gpu, "free_mib", 7168, &memory->free)) != OK) return error;
    memory->used <<= 20;
    memory->free <<= 20;
    memory->total = memory->used + memory->free;
    return OK;
}

int nvmlDeviceGetTemperature(gpu_t *gpu, int sensor, unsigned int *degrees) {
    return sensor != 0 ? INVALID_ARGUMENT : as_uint(gpu, "temperature", 54, degrees);
}

int nvmlDeviceGetPowerUsage(gpu_t *gpu, unsigned int *milliwatts) {
    return as_uint(gpu, "power_mw", 71500, milliwatts);
}

int nvmlDeviceGetEnforcedPowerLimit(gpu_t *gpu, unsigned int *milliwatts) {
    return as_uint(gpu, "limit_mw", 300000, milliwatts);
}

int nvmlDeviceGetTotalEnergyConsumption(gpu_t *gpu, unsigned long long *millijoules) {
    return as_ull(gpu, "energy_mj", 123456789, millijoules);
}

int nvmlDeviceGetClockInfo(gpu_t *gpu, int kind, unsigned int *mhz) {
    if (kind != 1 && kind != 2) return INVALID_ARGUMENT;
    return kind == 1 ? as_uint(gpu, "sm_mhz", 1410, mhz) : as_uint(gpu, "mem_mhz", 1215, mhz);
}

int nvmlDeviceGetCurrentClocksThrottleReasons(gpu_t *gpu, unsigned long long *mask) {
    return as_ull(gpu, "reasons", 0x4, mask);
}

#ifndef OLD_DRIVER
int nvmlDeviceGetCurrentClocksEventReasons(gpu_t *gpu, unsigned long long *mask) {
    return as_ull(gpu, "reasons", 0x4, mask);
}
#endif

int nvmlDeviceGetPcieReplayCounter(gpu_t *gpu, unsigned int *replays) {
    return as_uint(gpu, "replay", 3, replays);
}

int nvmlDeviceGetViolationStatus(gpu_t *gpu, int policy, violation_t *violation) {
    violation->referenceTime = 0;
    return policy < 0 || policy > 5 ? INVALID_ARGUMENT
                                    : as_ull(gpu, "violation_ns", 5000 + policy, &violation->violationTime);
}

int nvmlDeviceGetTotalEccErrors(gpu_t *gpu, int kind, int period, unsigned long long *errors) {
    return as_ull(gpu, "ecc", kind * 10 + period, errors);
}

int nvmlDeviceGetComputeRunningProcesses_v3(gpu_t *gpu, unsigned int *count, process_t *processes) {
    unsigned int room = *count;
    long long pid, mib;
    int error = of_gpu(gpu, "pid", 0, &pid);
    if (error != OK || (error = of_gpu(gpu, "pid_mib", 512, &mib)) != OK) return error;
    *count = pid != 0;
    if (*count > room) return INSUFFICIENT_SIZE;
    if (*count) processes[0] = (process_t){(unsigned int)pid, (unsigned long long)mib << 20, 0, 0};
    return OK;
}

int nvmlEventSetCreate(void **set) {
    *set = gpus;
    return driver();
}

int nvmlEventSetFree(void *set) {
    (void)set;
    return driver();
}

int nvmlDeviceRegisterEvents(gpu_t *gpu, unsigned long long kinds, void *set) {
    long long value;
    (void)set;
    return kinds != 8 ? INVALID_ARGUMENT : of_gpu(gpu, "events", 0, &value);
}

int nvmlEventSetWait_v2(void *set, event_t *event, unsigned int timeout_ms) {
    int error = driver();
    (void)set;
    (void)timeout_ms;
    for (int i = 0; error == OK && i < GPUS; i++) {
        char name[32];
        long long xid;
        snprintf(name, sizeof name, "%d.xid", i);
        if (number(name, 0, &xid) != OK || xid == told_xid[i]) continue;
        told_xid[i] = xid;
        if (xid == 0) continue;
        *event = (event_t){&gpus[i], 8, (unsigned long long)xid, 0, 0};
        return OK;
    }
    return error == OK ? TIMEOUT : error;
}
