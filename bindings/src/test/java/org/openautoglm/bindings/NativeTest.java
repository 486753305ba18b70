package org.openautoglm.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.annotation.MemberGetter;
import org.junit.jupiter.api.Test;

/** That the generated methods reach the library, that none takes or makes a JavaCPP Pointer, and that no field is forgotten. */
class NativeTest {
    private static final Path HEADER = Path.of("../native/cpp/include/openautoglm.h");

    @Test
    void libraryAnswersInTheAbiItWasCompiledFor() {
        assertEquals(Native.OAG_ABI_VERSION, Native.oag_abi_version());
        assertTrue(string(Native.oag_version()).matches("\\d+\\.\\d+\\.\\d+.*"));
    }

    @Test
    void errorTextArrivesInTheCallersBuffer() {
        long error = Memory.allocate(256);
        try {
            int status = Native.oag_model_load(0, 0, 0, 0, error, 256);
            assertNotEquals(Native.OAG_OK, status);
            assertNotEquals("", string(error));
        } finally {
            Memory.free(error);
        }
    }

    @Test
    void memoryIsZeroedAndSharedBetweenAddressAndView() {
        long address = Memory.allocate(64);
        assertNotEquals(0, address);
        try {
            ByteBuffer view = Memory.view(address, 64).order(ByteOrder.nativeOrder());
            assertEquals(64, view.capacity());
            for (int i = 0; i < 64; i++) {
                assertEquals(0, view.get(i));
            }
            view.putInt(8, 0x01020304);
            assertEquals(0x01020304, Memory.view(address + 8, 4).order(ByteOrder.nativeOrder()).getInt(0));
            assertEquals(address, Memory.address(view));
            view.position(8);
            assertEquals(address, Memory.address(view), "the position does not count");
            assertEquals(address + 8, Memory.address(view.slice()), "the start of a slice does");
        } finally {
            Memory.free(address);
        }
        assertEquals(0, Memory.address(ByteBuffer.allocate(4)));
        assertEquals(0, Memory.address(null));
        assertEquals(0, Memory.allocate(-1));
        Memory.free(0);
    }

    @Test
    void everyFunctionOfTheHeaderIsThereOverPrimitivesAlone() throws Exception {
        TreeSet<String> mapped = new TreeSet<>();
        for (Method method : Native.class.getDeclaredMethods()) {
            if (!Modifier.isNative(method.getModifiers()) || method.isAnnotationPresent(MemberGetter.class)) {
                continue;
            }
            mapped.add(method.getName());
            assertTrue(method.getReturnType().isPrimitive(), () -> "returns an object: " + method);
            for (Class<?> type : method.getParameterTypes()) {
                assertTrue(type.isPrimitive(), () -> "takes an object: " + method);
            }
        }
        TreeSet<String> declared = new TreeSet<>(matches(Files.readString(HEADER), "(?s)OAG_API[^;(]*?(oag_\\w+)\\("));
        assertTrue(declared.size() > 10, "the header was read");
        assertEquals(declared, mapped);
    }

    @Test
    void everyFieldOfEveryStructHasItsOffset() throws Exception {
        String header = Files.readString(HEADER).replaceAll("(?s)/\\*.*?\\*/", "");
        List<String> missing = new ArrayList<>();
        var structs = Pattern.compile("(?s)typedef struct (oag_\\w+) \\{(.*?)\\}").matcher(header);
        int fields = 0;
        while (structs.find()) {
            String struct = structs.group(1);
            int size = constant("sizeof_" + struct, missing);
            int previous = -1;
            for (String field : matches(structs.group(2), "(\\w+)(?:\\[\\d+\\])?;")) {
                fields++;
                if (field.equals("struct_size")) {
                    continue; // first by the rule of the ABI
                }
                int offset = constant("offsetof_" + struct + "_" + field, missing);
                assertTrue(missing.size() > 0 || offset > previous && offset < size, struct + "." + field + " at " + offset);
                previous = offset;
            }
        }
        assertTrue(fields > 20, "the header was read");
        assertEquals(List.of(), missing, "add these to openautoglm_layout.h");
    }

    private static int constant(String name, List<String> missing) throws IllegalAccessException {
        try {
            return Native.class.getField(name).getInt(null);
        } catch (NoSuchFieldException e) {
            missing.add(name);
            return -1;
        }
    }

    private static List<String> matches(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).toList();
    }

    private static String string(long address) {
        ByteBuffer bytes = Memory.view(address, 256);
        int length = 0;
        while (length < 256 && bytes.get(length) != 0) {
            length++;
        }
        byte[] text = new byte[length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }
}
