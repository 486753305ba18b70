package org.openautoglm;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Two drawn objects, of the kind that the demo model was trained on (tools/demo-model/scenes.py tells the same in Python), and what may be said of them.
 *
 * @param first an object
 * @param second another one, not like the first in everything
 * @param relation of the first to the second
 * @param background light
 */
record DemoScene(DemoObject first, DemoObject second, Relation relation, Color background) {
    static final int SIDE = 256;
    private static final double REACH = 1.3; // no shape goes farther from its centre than this many radii

    enum Relation {
        ABOVE, BELOW, LEFT_OF, RIGHT_OF;

        Relation inverse() {
            return values()[ordinal() ^ 1];
        }

        String words() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
    }

    enum Size {
        SMALL(0.075, 0.090), MEDIUM(0.115, 0.130), LARGE(0.165, 0.185);

        private final double least;
        private final double most;

        Size(double least, double most) { // radius as a part of the picture's side
            this.least = least;
            this.most = most;
        }
    }

    enum Colour {
        RED(220, 40, 40), ORANGE(245, 140, 30), YELLOW(245, 220, 50), GREEN(50, 160, 70), BLUE(45, 90, 215), PURPLE(135, 60, 175), PINK(245, 150, 190),
        BLACK(30, 30, 30);

        private final int[] rgb;

        Colour(int... rgb) {
            this.rgb = rgb;
        }
    }

    enum Kind {
        CIRCLE, SQUARE, TRIANGLE, STAR, CROSS, RING;

        /** Of radius 1 around the origin. */
        Shape outline() {
            return switch (this) {
                case CIRCLE -> disc(1);
                case SQUARE -> new Rectangle2D.Double(-0.88, -0.88, 1.76, 1.76);
                case TRIANGLE -> rays(3, 1.25);
                case STAR -> rays(10, 1.3, 0.55);
                case CROSS -> {
                    Area cross = new Area(new Rectangle2D.Double(-0.37, -1.1, 0.74, 2.2));
                    cross.add(new Area(new Rectangle2D.Double(-1.1, -0.37, 2.2, 0.74)));
                    yield cross;
                }
                case RING -> {
                    Area ring = new Area(disc(1.07));
                    ring.subtract(new Area(disc(0.57)));
                    yield ring;
                }
            };
        }

        private static Shape disc(double radius) {
            return new Ellipse2D.Double(-radius, -radius, 2 * radius, 2 * radius);
        }

        private static Shape rays(int count, double... radii) {
            Path2D path = new Path2D.Double();
            for (int i = 0; i < count; i++) {
                double angle = 2 * Math.PI * i / count;
                double radius = radii[i % radii.length];
                if (i == 0) {
                    path.moveTo(0, -radius);
                } else {
                    path.lineTo(radius * Math.sin(angle), -radius * Math.cos(angle));
                }
            }
            path.closePath();
            return path;
        }
    }

    /** What is said of an object. */
    record Description(Size size, Colour colour, Kind kind) {
        @Override public String toString() {
            return "a " + lower(size) + " " + lower(colour) + " " + lower(kind);
        }

        private static String lower(Enum<?> value) {
            return value.name().toLowerCase(java.util.Locale.ROOT);
        }

        /** This with one attribute changed, in every way: {@code attribute} 0 is the size, 1 the colour, 2 the shape. */
        List<Description> changed(int attribute) {
            List<Description> others = new ArrayList<>();
            for (Size value : attribute == 0 ? Size.values() : new Size[0]) {
                others.add(new Description(value, colour, kind));
            }
            for (Colour value : attribute == 1 ? Colour.values() : new Colour[0]) {
                others.add(new Description(size, value, kind));
            }
            for (Kind value : attribute == 2 ? Kind.values() : new Kind[0]) {
                others.add(new Description(size, colour, value));
            }
            others.remove(this);
            return others;
        }
    }

    /** One drawn object; lengths are parts of the picture's side, y points down. */
    record DemoObject(Description description, double x, double y, double radius, double rotation, Color paint) {
        static DemoObject random(Random random) {
            Description description = new Description(any(Size.values(), random), any(Colour.values(), random), any(Kind.values(), random));
            double radius = description.size.least + random.nextDouble() * (description.size.most - description.size.least);
            double margin = REACH * radius + 0.01;
            int[] rgb = description.colour.rgb;
            return new DemoObject(description, margin + random.nextDouble() * (1 - 2 * margin), margin + random.nextDouble() * (1 - 2 * margin), radius,
                Math.toRadians(24 * random.nextDouble() - 12), new Color(off(rgb[0], random), off(rgb[1], random), off(rgb[2], random)));
        }

        private static int off(int level, Random random) {
            return Math.max(0, Math.min(255, level + random.nextInt(21) - 10));
        }

        private static <T> T any(T[] values, Random random) {
            return values[random.nextInt(values.length)];
        }
    }

    /** A random scene: the objects do not touch, and are clearly beside or clearly above each other. */
    static DemoScene random(Random random) {
        Color background = new Color(228 + random.nextInt(28), 228 + random.nextInt(28), 228 + random.nextInt(28));
        while (true) {
            DemoObject a = DemoObject.random(random);
            DemoObject b = DemoObject.random(random);
            double dx = Math.abs(a.x - b.x);
            double dy = Math.abs(a.y - b.y);
            boolean apart = Math.hypot(dx, dy) > 1.15 * (a.radius + b.radius) + 0.02;
            if (apart && Math.min(dx, dy) <= 0.5 * Math.max(dx, dy) && !a.description.equals(b.description)) {
                Relation relation = dy > dx ? (a.y < b.y ? Relation.ABOVE : Relation.BELOW) : (a.x < b.x ? Relation.LEFT_OF : Relation.RIGHT_OF);
                return new DemoScene(a, b, relation, background);
            }
        }
    }

    String caption() {
        return caption(first.description, relation, second.description);
    }

    static String caption(Description first, Relation relation, Description second) {
        return first + " " + relation.words() + " " + second;
    }

    /** The captions that differ in one attribute of one object, in every way. */
    List<String> changed(int attribute) {
        List<String> captions = new ArrayList<>();
        first.description.changed(attribute).forEach(other -> captions.add(caption(other, relation, second.description)));
        second.description.changed(attribute).forEach(other -> captions.add(caption(first.description, relation, other)));
        return captions;
    }

    String inverse() {
        return caption(first.description, relation.inverse(), second.description);
    }

    BufferedImage draw() {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.setColor(background);
        graphics.fillRect(0, 0, SIDE, SIDE);
        for (DemoObject object : List.of(first, second)) {
            AffineTransform place = AffineTransform.getTranslateInstance(object.x * SIDE, object.y * SIDE);
            place.rotate(object.rotation);
            place.scale(object.radius * SIDE, object.radius * SIDE);
            graphics.setColor(object.paint);
            graphics.fill(place.createTransformedShape(object.description.kind.outline()));
        }
        graphics.dispose();
        return image;
    }
}
