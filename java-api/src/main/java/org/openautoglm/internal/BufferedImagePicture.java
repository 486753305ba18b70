package org.openautoglm.internal;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.nio.ByteBuffer;
import org.openautoglm.bindings.Native;

/**
 * A {@link BufferedImage} as RGB rows, converted row by row straight into the frame.
 *
 * <p>The samples are taken as they are, as Pillow's {@code convert("RGB")} and the native PNG reader do: alpha is dropped, not blended; no colour
 * profile is applied (getRGB() would push gray through a gamma curve: 128 becomes 188); 16-bit colour and gray with alpha take the high
 * byte, 16-bit gray without alpha is {@code min(value, 255)}. Images of other kinds (premultiplied alpha, 5-6-5 bits, CMYK …) go
 * through {@link BufferedImage#getRGB}.
 *
 * @param image not copied
 */
public record BufferedImagePicture(BufferedImage image) implements Picture, Picture.Prepared {
    @Override public Prepared prepare() {
        return this;
    }

    @Override public long frameBytes() {
        return 3 * pixelCount();
    }

    @Override public long pixelCount() {
        return (long) image.getWidth() * image.getHeight();
    }

    @Override public NativeImage place(ByteBuffer area, long address) {
        int width = image.getWidth();
        int height = image.getHeight();
        RowReader reader = reader(image);
        byte[] rgb = new byte[3 * width]; // [width][3]
        for (int y = 0; y < height; y++) {
            reader.read(y, rgb);
            area.put(rgb);
        }
        return new NativeImage(Native.OAG_IMAGE_RGB8, address, frameBytes(), width, height, 3L * width);
    }

    /** Reads row {@code y} into {@code rgb} [width][3]. Keeps scratch rows: one thread, one picture. */
    private interface RowReader {
        void read(int y, byte[] rgb);
    }

    private static RowReader reader(BufferedImage image) {
        ColorModel model = image.getColorModel();
        Raster raster = image.getRaster();
        RowReader reader = null;
        if (model instanceof IndexColorModel palette && raster.getTransferType() == DataBuffer.TYPE_BYTE) {
            reader = paletteReader(raster, palette);
        } else if (model instanceof DirectColorModel packed && raster.getTransferType() == DataBuffer.TYPE_INT) {
            reader = packedReader(raster, packed);
        } else if (model instanceof ComponentColorModel components && !(components.hasAlpha() && components.isAlphaPremultiplied())) {
            reader = componentReader(raster, components);
        }
        return reader != null ? reader : generalReader(image);
    }

    private static RowReader paletteReader(Raster raster, IndexColorModel palette) {
        int width = raster.getWidth();
        int[] colours = new int[256];
        int size = Math.min(256, palette.getMapSize());
        for (int i = 0; i < size; i++) {
            colours[i] = palette.getRGB(i);
        }
        byte[] row = new byte[width];
        return (y, rgb) -> {
            raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++) {
                putColour(rgb, x, colours[row[x] & 0xff]);
            }
        };
    }

    /** INT_RGB, INT_ARGB, INT_BGR and the like: three 8-bit fields in an int. Null when the fields are others. */
    private static RowReader packedReader(Raster raster, DirectColorModel model) {
        boolean blended = model.hasAlpha() && model.isAlphaPremultiplied();
        if (blended || !isByteField(model.getRedMask()) || !isByteField(model.getGreenMask()) || !isByteField(model.getBlueMask())) {
            return null;
        }
        int red = Integer.numberOfTrailingZeros(model.getRedMask());
        int green = Integer.numberOfTrailingZeros(model.getGreenMask());
        int blue = Integer.numberOfTrailingZeros(model.getBlueMask());
        int width = raster.getWidth();
        int[] row = new int[width];
        return (y, rgb) -> {
            raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++) {
                rgb[3 * x] = (byte) (row[x] >>> red);
                rgb[3 * x + 1] = (byte) (row[x] >>> green);
                rgb[3 * x + 2] = (byte) (row[x] >>> blue);
            }
        };
    }

    private static boolean isByteField(int mask) {
        return mask != 0 && mask >>> Integer.numberOfTrailingZeros(mask) == 0xff;
    }

    /** Gray or RGB in 8 or 16 bits, with or without alpha. Null when it is none of these. */
    private static RowReader componentReader(Raster raster, ComponentColorModel model) {
        int colours = model.getNumColorComponents();
        int space = model.getColorSpace().getType();
        boolean gray = space == ColorSpace.TYPE_GRAY && colours == 1;
        boolean rgbSpace = space == ColorSpace.TYPE_RGB && colours == 3;
        if (!gray && !rgbSpace) {
            return null;
        }
        int width = raster.getWidth();
        int bands = raster.getNumBands(); // getDataElements delivers them as red, green, blue, alpha, however they are stored
        int green = gray ? 0 : 1;
        int blue = gray ? 0 : 2;
        int bits = model.getComponentSize(0);
        if (raster.getTransferType() == DataBuffer.TYPE_BYTE && bits == 8) {
            byte[] row = new byte[width * bands];
            return (y, rgb) -> {
                raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
                for (int x = 0; x < width; x++) {
                    rgb[3 * x] = row[x * bands];
                    rgb[3 * x + 1] = row[x * bands + green];
                    rgb[3 * x + 2] = row[x * bands + blue];
                }
            };
        }
        if (raster.getTransferType() == DataBuffer.TYPE_USHORT && bits == 16) {
            boolean clip = gray && !model.hasAlpha();
            short[] row = new short[width * bands];
            return (y, rgb) -> {
                raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
                for (int x = 0; x < width; x++) {
                    rgb[3 * x] = narrow(row[x * bands], clip);
                    rgb[3 * x + 1] = narrow(row[x * bands + green], clip);
                    rgb[3 * x + 2] = narrow(row[x * bands + blue], clip);
                }
            };
        }
        return null;
    }

    private static byte narrow(short sample, boolean clip) {
        int value = sample & 0xffff;
        return (byte) (clip ? Math.min(value, 255) : value >>> 8);
    }

    private static RowReader generalReader(BufferedImage image) {
        int[] row = new int[image.getWidth()];
        return (y, rgb) -> {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int x = 0; x < row.length; x++) {
                putColour(rgb, x, row[x]);
            }
        };
    }

    private static void putColour(byte[] rgb, int x, int colour) {
        rgb[3 * x] = (byte) (colour >>> 16);
        rgb[3 * x + 1] = (byte) (colour >>> 8);
        rgb[3 * x + 2] = (byte) colour;
    }
}
