package org.openautoglm;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import org.openautoglm.internal.BufferedImagePicture;
import org.openautoglm.internal.EncodedPicture;
import org.openautoglm.internal.Picture;
import org.openautoglm.internal.RgbPicture;

/**
 * A picture to encode, with a name for error messages. Making one reads nothing: what it stands for is read during each call it is given
 * to, and must not be changed meanwhile. It may be used any number of times, by any thread.
 *
 * <p>JPEG, PNG and WebP are told apart by their contents. They are decoded as Pillow's {@code exif_transpose(open(f)).convert("RGB")} does: EXIF
 * orientation is applied, alpha is dropped, colour profiles are ignored, and an animation gives its first picture.
 */
public final class ImageInput {
    private final Picture.Named picture;

    private ImageInput(String name, Picture picture) {
        this.picture = new Picture.Named(name, picture);
    }

    /**
     * A JPEG, PNG or WebP file. Its name is the path.
     *
     * @param file on any file system
     * @return the input
     */
    public static ImageInput of(Path file) {
        Objects.requireNonNull(file, "file");
        return new ImageInput(file.toString(), EncodedPicture.file(file));
    }

    /**
     * The bytes of a JPEG, PNG or WebP file.
     *
     * @param encoded not copied
     * @return the input
     */
    public static ImageInput of(byte[] encoded) {
        Objects.requireNonNull(encoded, "encoded");
        return new ImageInput(encoded.length + " bytes", EncodedPicture.bytes(encoded));
    }

    /**
     * A picture that Java holds. Its samples are taken as they are: alpha is dropped, not blended; no colour profile is applied; 16-bit
     * samples take their high byte, but 16-bit gray without alpha is cut off at 255, as Pillow does with such PNG files.
     *
     * @param image not copied
     * @return the input
     */
    public static ImageInput of(BufferedImage image) {
        Objects.requireNonNull(image, "image");
        String name = "a " + image.getWidth() + " x " + image.getHeight() + " BufferedImage";
        return new ImageInput(name, new BufferedImagePicture(image));
    }

    /**
     * Dense RGB pixels, {@code [height, width, 3]} bytes from the buffer's position on.
     *
     * @param pixels not copied, and read in place when it is direct: the memory must stay valid until the call returns. Later changes of
     *     the buffer's position do not matter.
     * @param width in pixels
     * @param height in pixels
     * @return the input
     * @throws IllegalArgumentException when the buffer is too small
     */
    public static ImageInput ofRgb(ByteBuffer pixels, int width, int height) {
        return ofRgb(pixels, width, height, (int) Math.min(Integer.MAX_VALUE, 3L * Math.max(0, width)));
    }

    /**
     * RGB pixels with a distance between the rows.
     *
     * @param pixels R, G, B bytes, top row first, from the buffer's position on; otherwise as in {@link #ofRgb(ByteBuffer, int, int)}
     * @param width in pixels
     * @param height in pixels
     * @param stride bytes from the begin of a row to that of the next, at least {@code 3 * width}
     * @return the input
     * @throws IllegalArgumentException when the buffer is too small or the stride is
     */
    public static ImageInput ofRgb(ByteBuffer pixels, int width, int height, int stride) {
        Objects.requireNonNull(pixels, "pixels");
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("width x height is " + width + " x " + height + ", but both must be at least 1");
        }
        if (stride < 3L * width) {
            throw new IllegalArgumentException("stride is " + stride + ", but a row has " + 3L * width + " bytes");
        }
        long needed = (height - 1L) * stride + 3L * width;
        if (pixels.remaining() < needed) {
            throw new IllegalArgumentException("pixels has " + pixels.remaining() + " bytes left, but " + width + " x " + height
                + " pixels with stride " + stride + " take " + needed);
        }
        String name = width + " x " + height + " RGB pixels";
        ByteBuffer slice = pixels.slice(pixels.position(), (int) needed);
        return new ImageInput(name, new RgbPicture(slice, width, height, stride));
    }

    /**
     * The same picture under another name.
     *
     * @param newName for error messages
     * @return a new input
     */
    public ImageInput named(String newName) {
        return new ImageInput(Objects.requireNonNull(newName, "newName"), picture.picture());
    }

    /**
     * What error messages call the picture.
     *
     * @return the path of a file, a short description otherwise, or what {@link #named} was given
     */
    public String name() {
        return picture.name();
    }

    /** What the encoder reads. */
    Picture.Named picture() {
        return picture;
    }

    /** The {@link #name()}. */
    @Override public String toString() {
        return picture.name();
    }
}
