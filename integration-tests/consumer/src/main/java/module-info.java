module com.example.consumer {
    requires org.openautoglm;
    requires com.google.gson; // to read the expected numbers
}
